// Which cluster a command talks to: a YAML file with its endpoints and the client's certificate.

import Foundation
import GRPCTransport
import ReservationClient
import Yams

/// A context file. `holdfast dev` writes one.
struct ClientContext {
  /// In the order of `regions`, where that is given.
  var endpoints: [NodeAddress]
  /// The region of each endpoint; empty when the file does not say.
  var regions: [String]
  var tls: ClientTLS?

  var settings: ClusterSettings { ClusterSettings(endpoints: endpoints, tls: tls) }

  private static let known = ["endpoints", "regions", "plaintext", "ca", "cert", "key"]

  /// Reads the file named by `--context` or by HOLDFAST_CONTEXT.
  static func load(_ path: String?, plaintext: Bool) throws -> ClientContext {
    guard let path = path ?? ProcessInfo.processInfo.environment["HOLDFAST_CONTEXT"],
      !path.isEmpty
    else {
      throw UsageError(
        "no cluster given; name its context file with --context FILE or HOLDFAST_CONTEXT"
          + " (`holdfast dev` prints the file of the cluster that it starts)")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("cannot read the context file \(path)")
    }
    do {
      return try parse(
        String(decoding: data, as: UTF8.self), file: path, plaintext: plaintext)
    } catch let error as YamlError {
      throw UsageError("\(path) is not YAML: \(error)")
    }
  }

  static func parse(_ text: String, file: String, plaintext: Bool) throws -> ClientContext {
    guard let mapping = try Yams.compose(yaml: text)?.mapping else {
      throw UsageError("\(file): expected the keys \(known.joined(separator: ", "))")
    }
    for (key, _) in mapping {
      let name = key.scalar?.string ?? "?"
      guard known.contains(name) else {
        let line = key.scalar?.mark.map { ":\($0.line)" } ?? ""
        throw UsageError(
          "\(file)\(line): unknown key '\(name)'; known here: \(known.joined(separator: ", "))")
      }
    }
    let folder = URL(filePath: file).deletingLastPathComponent()
    func texts(_ key: String) -> [String] {
      mapping[Node(key)]?.sequence?.compactMap { $0.scalar?.string } ?? []
    }
    func path(_ key: String) -> String? {
      guard let name = mapping[Node(key)]?.scalar?.string, !name.isEmpty else { return nil }
      return URL(filePath: name, relativeTo: folder).path
    }
    let plain = texts("plaintext")
    let usesPlain = plaintext || mapping[Node("plaintext")]?.bool == true || path("cert") == nil
    let addresses = usesPlain && !plain.isEmpty ? plain : texts("endpoints")
    let endpoints = try addresses.map { text in
      guard let endpoint = NodeAddress(text) else {
        throw UsageError("\(file): '\(text)' is no address; write HOST:PORT")
      }
      return endpoint
    }
    guard !endpoints.isEmpty else {
      throw UsageError("\(file): no endpoints; add endpoints: [\"HOST:PORT\"]")
    }
    let regions = texts("regions")
    return ClientContext(
      endpoints: endpoints, regions: regions.count == endpoints.count ? regions : [],
      tls: usesPlain ? nil : try identity(file, path))
  }

  private static func identity(_ file: String, _ path: (String) -> String?) throws -> ClientTLS {
    guard let ca = path("ca"), let cert = path("cert"), let key = path("key") else {
      throw UsageError("\(file): ca, cert and key belong together; one of them is missing")
    }
    do {
      return ClientTLS(
        identity: try TLSIdentity(certificateFile: cert, keyFile: key, rootsFile: ca))
    } catch {
      throw UsageError("\(file): \(error)")
    }
  }
}

/// The command was called wrongly: exit code 2.
struct UsageError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

import GRPCTransport
import NIOCore
import Testing

/// One authority and some certificates, made once per test run.
struct TestCertificates {
  let authority: CertificateAuthority
  init(_ name: String = "holdfast test root") throws {
    authority = try CertificateAuthority(name: name)
  }

  func identity(
    uris: [String] = [], dns: [String] = [], ips: [String] = [], trusting: [UInt8]? = nil
  ) throws -> TLSIdentity {
    let issued = try authority.issue(
      commonName: "test", uris: uris, dnsNames: dns, ipAddresses: ips)
    return try TLSIdentity(
      certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM,
      rootsPEM: trusting ?? authority.certificatePEM)
  }

  func node(_ id: Int = 1) throws -> TLSIdentity {
    try identity(uris: ["holdfast:node/\(id)"], dns: ["localhost"], ips: ["127.0.0.1"])
  }
}

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
  let certificates: TestCertificates
  init() throws { certificates = try TestCertificates() }

  private func whoami(_ channel: GRPCChannel) async -> UnaryResult {
    await channel.call(TestMethod.whoami.methodPath, message: [], options: .timeout(patience))
  }

  @Test func bothSidesKnowEachOther() async throws {
    try await TestServer.with(tls: ServerTLS(identity: certificates.node())) { server in
      let client = try certificates.identity(uris: ["holdfast:client/shop", "urn:other"])
      let channel = server.channel(
        tls: ClientTLS(identity: client, expectedURI: "holdfast:node/1"))
      defer { channel.close() }
      let result = await whoami(channel)
      #expect(result.status == .ok)
      #expect(String(decoding: result.message, as: UTF8.self) == "holdfast:client/shop,urn:other")
      let big = [UInt8](repeating: 3, count: 3 << 20)
      let echoed = try await channel.unary(
        TestMethod.echo.methodPath, message: big, options: .timeout(patience))
      #expect(echoed == big)
    }
  }

  @Test func aServerNameIsVerifiedAsDNSNameToo() async throws {
    try await TestServer.with(tls: ServerTLS(identity: certificates.node())) { server in
      let client = try certificates.identity(uris: ["holdfast:client/shop"])
      for (name, good) in [("localhost", true), ("elsewhere", false), ("127.0.0.2", false)] {
        let channel = server.channel(tls: ClientTLS(identity: client, serverName: name))
        defer { channel.close() }
        let result = await whoami(channel)
        #expect(result.status.code == (good ? .ok : .unavailable), "\(name): \(result.status)")
        if !good { #expect(result.neverProcessed) }
      }
    }
  }

  @Test func aServerWithAnotherIdentityIsRefused() async throws {
    try await TestServer.with(tls: ServerTLS(identity: certificates.node(2))) { server in
      let client = try certificates.node(1)
      let channel = server.channel(tls: ClientTLS(identity: client, expectedURI: "holdfast:node/3"))
      defer { channel.close() }
      #expect(await whoami(channel).status.code == .unavailable)
    }
  }

  @Test func certificatesOfAnotherAuthorityAreRefusedBothWays() async throws {
    let foreign = try TestCertificates("another root")
    try await TestServer.with(tls: ServerTLS(identity: certificates.node())) { server in
      // The client trusts the server, the server not the client.
      let intruder = try foreign.identity(
        uris: ["holdfast:node/1"], trusting: certificates.authority.certificatePEM)
      // The server trusts the client, the client not the server.
      let issued = try certificates.authority.issue(commonName: "c", uris: ["holdfast:client/c"])
      let sceptic = try TLSIdentity(
        certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM,
        rootsPEM: foreign.authority.certificatePEM)
      for identity in [intruder, sceptic] {
        let channel = server.channel(tls: ClientTLS(identity: identity))
        defer { channel.close() }
        #expect(await whoami(channel).status.code == .unavailable)
      }
    }
  }

  @Test func reloadedCertificatesServeNewConnectionsAndKeepOldOnes() async throws {
    let identity = try certificates.node(1)
    try await TestServer.with(tls: ServerTLS(identity: identity)) { server in
      let client = try certificates.identity(uris: ["holdfast:client/shop"])
      let old = server.channel(tls: ClientTLS(identity: client, expectedURI: "holdfast:node/1"))
      defer { old.close() }
      #expect(await whoami(old).status == .ok)

      let next = try certificates.authority.issue(
        commonName: "next", uris: ["holdfast:node/9"], ipAddresses: ["127.0.0.1"])
      #expect(throws: TLSError.self) {
        try identity.replace(
          certificatePEM: next.certificatePEM, keyPEM: Array("broken".utf8),
          rootsPEM: certificates.authority.certificatePEM)
      }
      try identity.replace(
        certificatePEM: next.certificatePEM, keyPEM: next.keyPEM,
        rootsPEM: certificates.authority.certificatePEM)

      let new = server.channel(tls: ClientTLS(identity: client, expectedURI: "holdfast:node/9"))
      defer { new.close() }
      #expect(await whoami(new).status == .ok)
      #expect(await whoami(old).status == .ok)
    }
  }

  @Test func plaintextIsRefusedBeyondLoopback() async throws {
    try await TestServer.with { server in
      await #expect(throws: ListenError.self) {
        _ = try await server.server.listen(host: "0.0.0.0", port: 0, tls: nil)
      }
    }
  }

  @Test func aPlaintextClientGetsNothingFromATLSListener() async throws {
    try await TestServer.with(tls: ServerTLS(identity: certificates.node())) { server in
      let channel = server.channel()
      defer { channel.close() }
      #expect(await whoami(channel).status.code == .unavailable)
    }
  }

  @Test func aRootCanBeTakenUpAgain() throws {
    let again = try CertificateAuthority(
      certificatePEM: certificates.authority.certificatePEM, keyPEM: certificates.authority.keyPEM)
    let issued = try again.issue(commonName: "x", uris: ["holdfast:node/5"])
    _ = try TLSIdentity(
      certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM, rootsPEM: again.certificatePEM)
  }

  @Test func namesCannotSmuggleFurtherNames() {
    #expect(throws: TLSError.self) {
      _ = try certificates.authority.issue(
        commonName: "x", uris: ["holdfast:client/a,URI:holdfast:node/1"])
    }
  }

  @Test func errorsDoNotShowKeys() throws {
    let issued = try certificates.authority.issue(commonName: "x")
    let other = try certificates.authority.issue(commonName: "y")
    do {
      _ = try TLSIdentity(
        certificatePEM: issued.certificatePEM, keyPEM: other.keyPEM,
        rootsPEM: certificates.authority.certificatePEM)
      Issue.record("a foreign key was taken")
    } catch {
      #expect(!"\(error)".contains("PRIVATE"))
    }
  }
}

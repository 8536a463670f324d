import COpenSSL
import Primitives
package import RaftConsensus

/// Computes the journal's chain: digest i = SHA-256(digest i−1, entry i, its outcomes). Whoever
/// replays entries with the same ledger rules gets the same digests.
@safe package final class JournalChain {
  static let digestBytes = 32

  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  package init() {
    // Fetched once: fetching it for each digest costs as much as a digest of 200 bytes.
    guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil),
      let context = unsafe EVP_MD_CTX_new()
    else { preconditionFailure("OpenSSL has no SHA-256") }
    unsafe self.algorithm = algorithm
    unsafe self.context = context
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(algorithm)
  }

  /// The row after `head` for an applied entry, or the first of a new chain if the entry does not
  /// follow `head`.
  package func row(after head: ChainRow?, entry: Entry, outcomes: [UInt8]) -> ChainRow {
    let follows = head.map { $0.index.next == entry.index } ?? false
    let before = follows ? head!.digest : [UInt8](repeating: 0, count: Self.digestBytes)
    var header = ByteWriter(reserving: 48)
    header.put(entry.index.rawValue)
    RowCoding.putHeader(of: entry, into: &header)
    var length = ByteWriter(reserving: 8)
    length.put(UInt64(outcomes.count))
    return ChainRow(
      index: entry.index,
      digest: digest([before, header.bytes, entry.payload, length.bytes, outcomes]),
      begins: !follows)
  }

  private func digest(_ parts: [[UInt8]]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: Self.digestBytes)
    var done = unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1
    for part in parts {
      done =
        unsafe part.withUnsafeBytes {
          unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        } == 1 && done
    }
    done =
      unsafe result.withUnsafeMutableBytes {
        unsafe EVP_DigestFinal_ex(context, $0.bindMemory(to: UInt8.self).baseAddress, nil)
      } == 1 && done
    precondition(done, "SHA-256 failed")
    return result
  }
}

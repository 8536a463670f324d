import Primitives
import RaftConsensus

/// The files thread's state: reads and removes sealed segments.
final class FilesTurn: @unchecked Sendable {
  private let directory: String
  /// The sealed segment that was read last: a follower that catches up asks for it many times.
  private var reader: SegmentReader?

  init(directory: String) { self.directory = directory }

  func run(_ work: FilesWork) throws(StorageError) {
    switch work {
    case .remove(let number, let path):
      if reader?.number == number { reader = nil }
      for suffix in ["", "-wal", "-wal.damaged"] { try Files.remove(path + suffix) }
      try Files.syncDirectory(directory)
    case .load(let range, let number, let path, let job):
      job.done(
        LogLoad.result(of: range, path: path) { body in
          try opened(number, path).read(body)
        })
    case .readSnapshot(let path, let offset, let maxBytes, let done):
      done(SnapshotPart.read(path, offset: offset, maxBytes: maxBytes))
    }
  }

  private func opened(_ number: UInt64, _ path: String) throws(StorageError) -> SegmentReader {
    if let reader, reader.number == number { return reader }
    let opened = try SegmentReader(number: number, path: path)
    reader = opened
    return opened
  }
}

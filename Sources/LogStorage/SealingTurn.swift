/// The sealing thread's state: prepares segments and seals full ones. Both take seconds when large;
/// what a follower waits for is therefore read by another thread.
final class SealingTurn: Sendable {
  private let directory: String
  private let settings: StorageSettings
  private let storage: WorkThread<StorageWork>
  private let files: WorkThread<FilesWork>

  init(
    directory: String, settings: StorageSettings, storage: WorkThread<StorageWork>,
    files: WorkThread<FilesWork>
  ) {
    self.directory = directory
    self.settings = settings
    self.storage = storage
    self.files = files
  }

  func run(_ work: SealingWork) throws(StorageError) {
    switch work {
    case .prepare(let number):
      let file = try SegmentFile.create(
        number: number, in: directory, expectedBytes: settings.segmentBytes, pausing: true)
      if !storage.submitWithoutWaiting(.prepared(file)) { try file.discard() }
    case .seal(let file, let summary):
      try file.seal(summary: summary, pausing: true)
      storage.submitWithoutWaiting(.sealed(number: file.number, bytes: Files.size(file.path)))
    case .passOn(let work): files.submitWithoutWaiting(work)
    }
  }
}

import Primitives
import RaftConsensus

extension LogWriter {
  /// Entries of the active segment are read here, through its one connection; those of a sealed
  /// one by the files thread, after the sealing if that is still under way.
  func load(_ job: LoadJob) {
    guard let position = position(of: job.shard), job.from <= job.upTo,
      let range = range(for: job, in: groups[position])
    else {
      let what = "index \(job.from.rawValue) of group \(job.shard.rawValue)"
      return job.done(.failure(.notFound(what)))
    }
    let number = range.pieces[0].segment
    if number == active.number {
      let active = active
      job.done(LogLoad.result(of: range, path: active.path) { try active.read($0) })
    } else if let segment = sealed.first(where: { $0.number == number }) {
      let work = FilesWork.load(range, number: number, path: segment.path, job)
      if segment.isBeingSealed {
        sealing.submitWithoutWaiting(.passOn(work))
      } else {
        files.submitWithoutWaiting(work)
      }
    } else {
      job.done(.failure(.notFound("segment \(number)")))
    }
  }

  /// The pieces that hold what is wanted, as far as they lie in one segment.
  private func range(for job: LoadJob, in group: GroupLog) -> LoadRange? {
    guard let start = group.piece(holding: job.from) else { return nil }
    var end = start + 1
    while end < group.pieces.count, group.pieces[end].first <= job.upTo,
      group.pieces[end].segment == group.pieces[start].segment,
      group.pieces[end].first == group.pieces[end - 1].last.next
    {
      end += 1
    }
    return LoadRange(
      shard: job.shard, from: job.from, upTo: job.upTo, maxBytes: job.maxBytes,
      pieces: Array(group.pieces[start..<end]))
  }
}

enum LogLoad {
  static func result(
    of range: LoadRange, path: String, reading: ((SegmentRows) throws -> [Entry]) throws -> [Entry]
  ) -> Result<[Entry], StorageError> {
    do {
      return .success(try reading { try $0.entries(range, path: path) })
    } catch let error as StorageError {
      return .failure(error)
    } catch {
      return .failure(.failed(operation: "read", path: path, reason: "\(error)"))
    }
  }
}

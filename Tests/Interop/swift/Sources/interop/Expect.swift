import GRPCCore
import GRPCProtobuf

/// An expectation that did not hold, with the line that had it.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ what: String, file: String = #fileID, line: Int = #line) {
    description = "\(file):\(line): \(what)"
  }
}

func expect<Value: Equatable>(
  _ got: Value, _ wanted: Value, file: String = #fileID, line: Int = #line
) throws {
  guard got == wanted else {
    throw Failure("got \(got), expected \(wanted)", file: file, line: line)
  }
}

func expect(
  _ holds: Bool, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
  guard holds else { throw Failure(what(), file: file, line: line) }
}

/// The value, which has to be there.
func required<Value>(
  _ value: Value?, _ what: String, file: String = #fileID, line: Int = #line
) throws -> Value {
  guard let value else { throw Failure("no \(what)", file: file, line: line) }
  return value
}

/// The status of a call that has to be refused with `code`.
@discardableResult
func refusal<Answer>(
  _ code: RPCError.Code, file: String = #fileID, line: Int = #line,
  of call: () async throws -> Answer
) async throws -> RPCError {
  let answer: Answer
  do {
    answer = try await call()
  } catch let error as RPCError {
    try expect(error.code == code, "got \(error), expected \(code)", file: file, line: line)
    return error
  }
  throw Failure("got \(answer), expected \(code)", file: file, line: line)
}

extension RPCError {
  /// The details in `grpc-status-details-bin`, after a check that they are of this very status.
  func details(file: String = #fileID, line: Int = #line) throws -> [ErrorDetails] {
    let status = try required(try unpackGoogleRPCStatus(), "details", file: file, line: line)
    try expect(status.code, code, file: file, line: line)
    try expect(status.message, message, file: file, line: line)
    return status.details
  }

  /// Each refusal of ours has exactly one ErrorInfo.
  func info(file: String = #fileID, line: Int = #line) throws -> ErrorDetails.ErrorInfo {
    let infos = try details(file: file, line: line).compactMap(\.errorInfo)
    try expect(infos.count, 1, file: file, line: line)
    try expect(infos[0].domain, "holdfast", file: file, line: line)
    return infos[0]
  }
}

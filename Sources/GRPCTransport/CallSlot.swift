// One call's place on the server; reused for the next call.

import NIOCore

final class CallSlot {
  var deadline: NIODeadline?
  var metadata = RawMetadata()
}

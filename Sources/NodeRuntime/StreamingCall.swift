import GRPCTransport
import NIOCore
import NodeCore
import Primitives
import WireFormat

/// A call with more than one message in either direction, on its dispatcher's loop.
protocol StreamingCall: AnyObject {
  /// Valid during the call only.
  func message(_ bytes: UnsafeRawBufferPointer)
  func halfClosed()
  func becameWritable()
  /// The call is over and its handle dead.
  func cancelled()
}

extension StreamingCall {
  func becameWritable() {}
  func cancelled() {}
}

extension Dispatcher {
  func streamOpened(_ call: CallHandle, method: Int, context: CallContext) {
    let method = HoldfastMethod(rawValue: method)!
    guard isServing || (method == .exchange && !hasEndedStreams) else {
      return refuse(call, .retry(.notServing, afterMilliseconds: 100))
    }
    switch method {
    case .streamReserve: streams[call] = ReserveStream(self, call, Caller(context))
    case .watchAvailability: streams[call] = WatchCall(self, call, Caller(context))
    case .exchange:
      guard let peer = nodeID(ofURIs: context.peerURIs), hub.seat(peer) != nil, peer != node else {
        return refuse(
          call, RequestRefusal(.notPermitted, "only nodes of this cluster may exchange"))
      }
      guard let greeting = Greeting(context) else {
        return refuse(
          call, RequestRefusal(.notPermitted, "a node says with which disk it comes"))
      }
      streams[call] = ExchangeCall(self, call, peer)
      introduce(call, peer, greeting)
    default: preconditionFailure("\(method) is no streaming method")
    }
  }

  /// Listens to the peer once it is known to be the one that it was.
  private func introduce(_ call: CallHandle, _ peer: NodeID, _ greeting: Greeting) {
    let loop = server.eventLoop
    hub.introductions.introduce(peer, greeting) { [self] refusal in
      if loop.inEventLoop {
        introduced(call, refusal)
      } else {
        loop.execute { self.introduced(call, refusal) }
      }
    }
  }

  private func introduced(_ call: CallHandle, _ refusal: RequestRefusal?) {
    guard let exchange = streams[call] as? ExchangeCall else { return }
    guard let refusal else { return exchange.isIntroduced = true }
    finish(call, refusal)
    flush()
  }

  func streamMessage(_ call: CallHandle, method: Int, message: UnsafeRawBufferPointer) {
    unsafe streams[call]?.message(message)
  }

  func streamHalfClosed(_ call: CallHandle, method: Int) {
    streams[call]?.halfClosed()
  }

  func streamWritable(_ call: CallHandle, method: Int) {
    streams[call]?.becameWritable()
  }

  func cancelled(_ call: CallHandle, method: Int, reason: CancelReason) {
    streams.removeValue(forKey: call)?.cancelled()
  }

  /// Ends what would go on for ever: watches and the peers' streams.
  func endStreams() {
    hasEndedStreams = true
    for call in Array(streams.keys) { finish(call, .retry(.notServing, afterMilliseconds: 100)) }
    flush()
  }

  /// Ends a streaming call from our side.
  func finish(_ call: CallHandle, _ refusal: RequestRefusal? = nil) {
    streams[call] = nil
    if let refusal { refuse(call, refusal) } else { server.finish(call) }
  }
}

/// Envelopes of one peer; nothing is answered on this stream, the peer has one from us.
final class ExchangeCall: StreamingCall {
  private let dispatcher: Dispatcher
  private let call: CallHandle
  private let peer: NodeID
  /// Until then nothing that it says is heard, as if it had been lost on the way.
  var isIntroduced = false

  init(_ dispatcher: Dispatcher, _ call: CallHandle, _ peer: NodeID) {
    self.dispatcher = dispatcher
    self.call = call
    self.peer = peer
  }

  func message(_ bytes: UnsafeRawBufferPointer) {
    guard isIntroduced else { return }
    do throws(RequestRefusal) {
      let envelope = try unsafe PeerCodec.decode(bytes, from: peer, to: dispatcher.node)
      dispatcher.hub.receive(envelope, from: peer, on: dispatcher.hub.lanes[dispatcher.index])
    } catch {
      dispatcher.finish(call, error)
    }
  }

  func halfClosed() { dispatcher.finish(call) }
}

import Foundation
import Primitives
import Testing

@testable import LogStorage

/// Rule C9: who lost its disk does not come back as who it was.
@Suite struct DiskNameTests {
  private let directory = TemporaryDirectory()

  private func claim(lanes: Int = 2) throws -> DiskName {
    try DiskName.claim(directory: directory.path, lanes: lanes)
  }

  private func lane(_ number: Int) -> String { "\(directory.path)/lane-\(number)" }

  private func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  /// As if the lane's store had been open.
  private func fill(_ number: Int) throws {
    try Data([1]).write(to: URL(fileURLWithPath: SegmentFile.path(1, in: lane(number))))
  }

  @Test func aDiskKeepsItsNameAndAnEmptyFolderGetsAnother() throws {
    let name = try claim()
    try fill(0)
    try fill(1)
    #expect(try claim() == name)
    try remove(directory.path)
    #expect(try claim() != name)
  }

  @Test func namesAreReadAsTheyAreWritten() throws {
    let name = DiskName(Hash128(high: 0x1, low: 0xABCD))
    #expect(name.description == "0000000000000001000000000000abcd")
    #expect(DiskName(name.description) == name)
    let wrong = [
      "", "1", name.description + "0", name.description.uppercased(),
      "+" + name.description.dropFirst(),
    ]
    for text in wrong {
      #expect(DiskName(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [0, 1])
  func ruleC9_aLaneWhoseFolderIsGoneKeepsTheNodeFromStarting(lost: Int) throws {
    _ = try claim()
    try fill(0)
    try fill(1)
    try remove(lane(lost))
    #expect(throws: DiskNameError.laneLost(lane(lost))) { try claim() }
    #expect(throws: DiskNameError.laneLost(lane(lost)), "the folder is there again, and empty") {
      try claim()
    }
  }

  @Test func ruleC9_aLaneWithoutItsNameKeepsTheNodeFromStarting() throws {
    _ = try claim()
    try fill(0)
    try fill(1)
    try remove(lane(1) + "/" + DiskName.fileName)
    #expect(throws: DiskNameError.laneLost(lane(1))) { try claim() }
    try remove(lane(0) + "/" + DiskName.fileName)
    #expect(throws: DiskNameError.laneLost(lane(0))) { try claim() }
  }

  @Test func ruleC9_lanesOfTwoDisksKeepTheNodeFromStarting() throws {
    _ = try claim()
    try fill(0)
    try fill(1)
    let other = TemporaryDirectory()
    _ = try DiskName.claim(directory: other.path, lanes: 2)
    try remove(lane(1))
    try FileManager.default.copyItem(atPath: other.path + "/lane-1", toPath: lane(1))
    #expect(throws: DiskNameError.mixed(lane(0), lane(1))) { try claim() }
  }

  @Test func moreLanesThanBeforeAreALaneThatIsLost() throws {
    _ = try claim(lanes: 1)
    try fill(0)
    let error = #expect(throws: DiskNameError.laneLost(lane(1))) { try claim() }
    #expect(error?.description.contains("If 'lanes' was changed, set it back") == true)
    #expect(error?.description.contains("holdfast cluster remove") == true)
  }

  /// It ended between the names of two lanes: nothing was written that could be lost.
  @Test func aFirstStartThatWasInterruptedGoesOn() throws {
    let name = try claim(lanes: 1)
    #expect(try claim(lanes: 3) == name)
    #expect(try DiskName.claim(directory: directory.path, lanes: 3) == name)
  }

  @Test func aDamagedNameIsNotGuessed() throws {
    _ = try claim(lanes: 1)
    let path = lane(0) + "/" + DiskName.fileName
    try Data("0123\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: StorageError.self) { try claim(lanes: 1) }
  }
}

/// What a node keeps of the others' disks.
@Suite struct PeerDisksTests {
  private let directory = TemporaryDirectory()
  private let one = DiskName(Hash128(high: 1, low: 2))
  private let other = DiskName(Hash128(high: 3, low: 4))

  private var path: String { directory.path + "/peers" }

  @Test func ruleC9_theFirstNameOfANodeIsKeptForEver() throws {
    let peers = try PeerDisks(directory: directory.path)
    #expect(peers[NodeID(2)] == nil)
    #expect(try peers.keep([(NodeID(2), one)]) == [one])
    #expect(try peers.keep([(NodeID(2), other), (NodeID(3), other)]) == [one, other])
    let again = try PeerDisks(directory: directory.path)
    #expect(again[NodeID(2)] == one)
    #expect(again[NodeID(3)] == other)
    #expect(try again.keep([(NodeID(2), other)]) == [one])
    #expect(again.all.map(\.node) == [NodeID(2), NodeID(3)])
  }

  @Test func whatWasChangedOnTheDiskIsNoticed() throws {
    let peers = try PeerDisks(directory: directory.path)
    _ = try peers.keep([(NodeID(2), one), (NodeID(12), other)])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for at in bytes.indices {
      var flipped = bytes
      flipped[at] ^= 1
      for broken in [Array(bytes[..<at]), flipped] {
        try Data(broken).write(to: URL(fileURLWithPath: path))
        #expect(throws: StorageError.self, "byte \(at)") {
          try PeerDisks(directory: directory.path)
        }
      }
    }
  }
}

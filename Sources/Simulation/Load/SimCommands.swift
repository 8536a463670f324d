import Primitives
import StockLedger

/// Command records as WireFormat would write them.
enum SimCommands {
  static func reserve(
    id: [UInt8], order: [UInt8], lines: [Load.OrderLine], fill: Fill, ttl: Int64
  ) -> [UInt8] {
    record(.reserve, id: id) { out in
      out.put(short: order)
      out.put(short: Array("c".utf8))
      out.put(short: Array("shop".utf8))
      out.put(ttl)
      out.put(fill.rawValue)
      out.put(Absent.day)
      out.put(UInt16(lines.count))
      for line in lines {
        out.put(short: Load.skuName(line.sku))
        out.put(line.units)
        out.put(short: [])
        out.put(short: [])
      }
    }
  }

  static func confirm(id: [UInt8], number: UInt64, onExpired: OnExpired) -> [UInt8] {
    record(.confirm, id: id) { out in
      out.put(number)
      out.put(onExpired.rawValue)
    }
  }

  static func extend(id: [UInt8], number: UInt64, ttl: Int64) -> [UInt8] {
    record(.extend, id: id) { out in
      out.put(number)
      out.put(ttl)
    }
  }

  static func release(id: [UInt8], number: UInt64) -> [UInt8] {
    record(.release, id: id) { out in
      out.put(number)
      out.put(UInt16(0))
    }
  }

  /// Without lines all that is left.
  static func fulfill(
    id: [UInt8], number: UInt64, lines: [Load.OrderLine], source: [UInt8], sequence: UInt64
  ) -> [UInt8] {
    record(.fulfill, id: id) { out in
      out.put(number)
      out.put(UInt16(lines.count))
      for line in lines {
        out.put(short: Load.skuName(line.sku))
        out.put(line.units)
      }
      out.put(short: source)
      out.put(sequence)
    }
  }

  static func adjustSupply(
    id: [UInt8], sku: [UInt8], location: [UInt8], delta: Int64, source: [UInt8],
    sequence: UInt64
  ) -> [UInt8] {
    record(.adjustSupply, id: id) { out in
      out.put(short: source)
      out.put(sequence)
      out.put(short: sku)
      out.put(short: location)
      out.put(short: Load.owner)
      out.put(delta)
      out.put(Absent.day)
      out.put(Absent.time)
      out.put(short: [])
    }
  }

  /// Counts of several accounts at one location.
  static func syncSupply(
    id: [UInt8], source: [UInt8], version: UInt64, countedAt: Int64, location: [UInt8],
    rows: [Load.OrderLine]
  ) -> [UInt8] {
    record(.syncSupply, id: id) { out in
      out.put(short: source)
      out.put(version)
      out.put(countedAt)
      out.put(UInt32(rows.count))
      for row in rows {
        out.put(short: Load.skuName(row.sku))
        out.put(short: location)
        out.put(short: Load.owner)
        out.put(row.units)
        out.put(UInt16(0))
      }
    }
  }

  static func putSku(id: [UInt8], sku: [UInt8]) -> [UInt8] {
    record(.putSku, id: id) { out in
      out.put(short: sku)
      out.put(short: Array("piece".utf8))
      out.put(UInt8(1))
      out.put(UInt16(0))
    }
  }

  static func putLocation(id: [UInt8], location: [UInt8], region: [UInt8]) -> [UInt8] {
    record(.putLocation, id: id) { out in
      out.put(short: location)
      out.put(short: region)
      out.put(short: Array("a".utf8))
    }
  }

  static func putPool(
    id: [UInt8], pool: [UInt8], regions: [[UInt8]], locations: [[UInt8]]
  ) -> [UInt8] {
    record(.putPool, id: id) { out in
      out.put(short: pool)
      for list in [regions, locations] {
        out.put(UInt16(list.count))
        for name in list { out.put(short: name) }
      }
    }
  }

  static func putAccount(
    id: [UInt8], sku: [UInt8], location: [UInt8], pool: [UInt8]
  ) -> [UInt8] {
    record(.putAccount, id: id) { out in
      out.put(short: sku)
      out.put(short: location)
      out.put(short: Load.owner)
      out.put(short: pool)
      out.put(Int64(0))
    }
  }

  private static func record(
    _ kind: CommandKind, id: [UInt8], _ body: (inout ByteWriter) -> Void
  ) -> [UInt8] {
    var out = ByteWriter()
    let mark = CommandWriter.begin(kind, requestID: id, into: &out)
    body(&out)
    CommandWriter.end(mark, into: &out)
    return out.bytes
  }
}

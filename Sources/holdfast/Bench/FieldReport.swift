/// What a bench found: names with values that are JSON as they stand.
protocol FieldReport {
  var fields: [(String, String)] { get }
}

extension FieldReport {
  var json: String {
    "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }

  var table: String {
    var table = Table("MEASURE", "VALUE")
    for (name, value) in fields { table.add(name, value) }
    return table.text
  }
}

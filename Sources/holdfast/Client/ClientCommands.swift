import ArgumentParser
let clientCommands: [any ParsableCommand.Type] = []

// RaftConsensus

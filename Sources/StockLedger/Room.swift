// StockLedger

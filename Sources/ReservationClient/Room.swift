// ReservationClient

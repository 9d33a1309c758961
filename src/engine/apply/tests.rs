//! How a write is judged that AWS refuses, and how many writes are in flight.

//! Raw requests over a socket, later.

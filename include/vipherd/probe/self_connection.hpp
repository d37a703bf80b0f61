// A socket that has met itself.
#pragma once

namespace vipherd::probe {

/// Without a listener on a port of the ephemeral range, connect() may choose that very port to
/// come from. The socket's SYN then meets itself (RFC 9293, simultaneous open), and so does its
/// datagram. Never true of a UNIX socket.
bool is_connected_to_itself(int socket);

/// The errno of a connect() that ended with `error`, 0 for success: nothing listens where a socket
/// has met itself.
int connect_result(int socket, int error);

}  // namespace vipherd::probe

/** The TLS handshake by a library, and what becomes of a connection's records once it is done. */
package dev.diskcryptnet.tls;

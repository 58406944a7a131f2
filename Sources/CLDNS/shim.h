// Otherwise libldns makes a type of its own.
#include <stdbool.h>
#include <ldns/ldns.h>

// Of a message that may be damaged behind its header, which has to be there.
static inline unsigned short c_ldns_wire_id(const unsigned char *wire) { return LDNS_ID_WIRE(wire); }
static inline int c_ldns_wire_is_response(const unsigned char *wire) { return LDNS_QR_WIRE(wire) != 0; }
enum { C_LDNS_HEADER_SIZE = LDNS_HEADER_SIZE };

#pragma once

// Interfaces of the network in which the calling thread is, by rtnetlink. Not for two threads at a time.

struct linux_links;

// 0 where the kernel refuses the socket.
struct linux_links *linux_links_open(void);
void linux_links_close(struct linux_links *links);

// All of these are 0, or an error below 0 for `linux_links_reason`.
const char *linux_links_reason(int error);

// A port of a bridge, which is up and is `peer` in another network.
int linux_links_add_port(struct linux_links *links, const char *port, const char *bridge, const char *peer, int peer_network);
// Gives an interface its only address and the way out by a router that is a neighbour, and sets it up.
int linux_links_settle(struct linux_links *links, const char *name, const char *address, const char *router);
int linux_links_set_up(struct linux_links *links, const char *name, int is_up);
int linux_links_remove(struct linux_links *links, const char *name);

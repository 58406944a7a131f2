#include "LinuxLinks.h"
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <sys/socket.h>

struct linux_links {
  struct nl_sock *socket;
};

struct linux_links *linux_links_open(void) {
  struct linux_links *links = calloc(1, sizeof *links);
  if (!links) return 0;
  links->socket = nl_socket_alloc();
  if (links->socket && nl_connect(links->socket, NETLINK_ROUTE) == 0) return links;
  linux_links_close(links);
  return 0;
}

void linux_links_close(struct linux_links *links) {
  if (links->socket) nl_socket_free(links->socket);
  free(links);
}

const char *linux_links_reason(int error) { return nl_geterror(error); }

static int find(struct linux_links *links, const char *name, struct rtnl_link **link) {
  return rtnl_link_get_kernel(links->socket, 0, name, link);
}

int linux_links_remove(struct linux_links *links, const char *name) {
  struct rtnl_link *link = rtnl_link_alloc();
  if (!link) return -NLE_NOMEM;
  rtnl_link_set_name(link, name);
  int error = rtnl_link_delete(links->socket, link);
  rtnl_link_put(link);
  return error;
}

int linux_links_add_port(struct linux_links *links, const char *port, const char *bridge, const char *peer, int peer_network) {
  struct rtnl_link *master;
  int error = find(links, bridge, &master);
  if (error < 0) return error;
  struct rtnl_link *link = rtnl_link_veth_alloc();
  error = -NLE_NOMEM;
  if (link) {
    struct rtnl_link *other = rtnl_link_veth_get_peer(link);
    rtnl_link_set_name(link, port);
    rtnl_link_set_master(link, rtnl_link_get_ifindex(master));
    rtnl_link_set_flags(link, IFF_UP);
    rtnl_link_set_name(other, peer);
    rtnl_link_set_ns_fd(other, peer_network);
    error = rtnl_link_add(links->socket, link, NLM_F_CREATE | NLM_F_EXCL);
    // One of the name is left by a network that is still about to end.
    if (error == -NLE_EXIST && linux_links_remove(links, port) == 0)
      error = rtnl_link_add(links->socket, link, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_link_put(other);
    rtnl_link_put(link);
  }
  rtnl_link_put(master);
  return error;
}

static int set_up(struct linux_links *links, struct rtnl_link *link, int is_up) {
  struct rtnl_link *change = rtnl_link_alloc();
  if (!change) return -NLE_NOMEM;
  if (is_up) rtnl_link_set_flags(change, IFF_UP);
  else rtnl_link_unset_flags(change, IFF_UP);
  int error = rtnl_link_change(links->socket, link, change, 0);
  rtnl_link_put(change);
  return error;
}

int linux_links_set_up(struct linux_links *links, const char *name, int is_up) {
  struct rtnl_link *link;
  int error = find(links, name, &link);
  if (error < 0) return error;
  error = set_up(links, link, is_up);
  rtnl_link_put(link);
  return error;
}

static int add_address(struct linux_links *links, int index, struct nl_addr *address) {
  struct rtnl_addr *entry = rtnl_addr_alloc();
  if (!entry) return -NLE_NOMEM;
  rtnl_addr_set_ifindex(entry, index);
  int error = rtnl_addr_set_local(entry, address);
  if (!error) error = rtnl_addr_add(links->socket, entry, 0);
  rtnl_addr_put(entry);
  return error;
}

static int add_default_route(struct linux_links *links, int index, struct nl_addr *all, struct nl_addr *router) {
  struct rtnl_route *route = rtnl_route_alloc();
  struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
  int error = -NLE_NOMEM;
  if (route && hop) {
    rtnl_route_set_family(route, AF_INET);
    rtnl_route_set_table(route, RT_TABLE_MAIN);
    rtnl_route_set_scope(route, RT_SCOPE_UNIVERSE);
    // No route leads to the router.
    rtnl_route_set_flags(route, RTNH_F_ONLINK);
    rtnl_route_set_dst(route, all);
    rtnl_route_nh_set_ifindex(hop, index);
    rtnl_route_nh_set_gateway(hop, router);
    rtnl_route_add_nexthop(route, hop);
    hop = 0;
    error = rtnl_route_add(links->socket, route, NLM_F_CREATE | NLM_F_EXCL);
  }
  if (hop) rtnl_route_nh_free(hop);
  if (route) rtnl_route_put(route);
  return error;
}

int linux_links_settle(struct linux_links *links, const char *name, const char *address, const char *router) {
  struct nl_addr *own = 0, *next = 0, *all = 0;
  struct rtnl_link *link = 0;
  int error = nl_addr_parse(address, AF_INET, &own);
  if (!error) error = nl_addr_parse(router, AF_INET, &next);
  if (!error) error = nl_addr_parse("default", AF_INET, &all);
  if (!error) error = find(links, name, &link);
  if (!error) error = add_address(links, rtnl_link_get_ifindex(link), own);
  if (!error) error = set_up(links, link, 1);
  if (!error) error = add_default_route(links, rtnl_link_get_ifindex(link), all, next);
  rtnl_link_put(link);
  nl_addr_put(own);
  nl_addr_put(next);
  nl_addr_put(all);
  return error;
}

// Attributes of a veth pair in a network namespace of its own.
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dcn/net.h"
#include "support/test.h"

// What veth takes: TSO_MAX_SIZE of the kernel, 8 times 64 KiB less a page.
#define VETH_TSO_MAX_SIZE 524280

static struct dcn_link get(const char *name) {
    struct dcn_link link;
    memset(&link, 0xff, sizeof link);
    CHECK_EQUAL(0, dcn_link_get(name, &link));
    return link;
}

static void should_read_what_the_kernel_says(void) {
    struct dcn_link link = get("v0");
    CHECK_EQUAL(if_nametoindex("v0"), link.index);
    CHECK_EQUAL(1400, link.mtu);
    CHECK_EQUAL(65536, link.gso_max_size);
    CHECK_EQUAL(VETH_TSO_MAX_SIZE, link.tso_max_size);
    CHECK_EQUAL(0, link.flags & IFF_UP);
    CHECK_EQUAL(if_nametoindex("lo"), get("lo").index);
}

static void should_set_one_attribute_of_one_interface(void) {
    if (get("v0").gso_ipv4_max_size == 0) {
        fprintf(stderr, "the kernel has no gso_ipv4_max_size\n");
        CHECK_EQUAL(-EOPNOTSUPP, dcn_link_set_gso_ipv4_max_size("v0", 100000));
        return;
    }
    CHECK_EQUAL(65536, get("v0").gso_ipv4_max_size);
    CHECK_EQUAL(0, dcn_link_set_gso_ipv4_max_size("v0", 200000));
    CHECK_EQUAL(200000, get("v0").gso_ipv4_max_size);
    CHECK_EQUAL(65536, get("v0").gso_max_size);
    CHECK_EQUAL(65536, get("v1").gso_ipv4_max_size);
    CHECK_EQUAL(0, dcn_link_set_gso_max_size("v0", 300000));
    CHECK_EQUAL(300000, get("v0").gso_max_size);
    CHECK_EQUAL(200000, get("v0").gso_ipv4_max_size);
    // The kernel moves the one for IPv4 along: it is that attribute that we read, and not its sister for receiving.
    CHECK_EQUAL(0, dcn_link_set_gso_max_size("v0", 60000));
    CHECK_EQUAL(60000, get("v0").gso_ipv4_max_size);
    CHECK_EQUAL(0, dcn_link_set_gso_max_size("v0", 65536));
    CHECK_EQUAL(65536, get("v0").gso_ipv4_max_size);
}

static void should_refuse_more_than_the_device_takes(void) {
    CHECK_EQUAL(-EINVAL, dcn_link_set_gso_max_size("v0", VETH_TSO_MAX_SIZE + 1));
    CHECK_EQUAL(65536, get("v0").gso_max_size);
    if (get("v0").gso_ipv4_max_size != 0) {
        CHECK_EQUAL(-EINVAL, dcn_link_set_gso_ipv4_max_size("v0", VETH_TSO_MAX_SIZE + 1));
        CHECK_EQUAL(0, dcn_link_set_gso_ipv4_max_size("v0", VETH_TSO_MAX_SIZE));
        CHECK_EQUAL(0, dcn_link_set_gso_ipv4_max_size("v0", 65536));
    }
}

static void should_set_mtu_and_state(void) {
    CHECK_EQUAL(0, dcn_link_set_mtu("v0", 1280));
    CHECK_EQUAL(1280, get("v0").mtu);
    CHECK_EQUAL(-EINVAL, dcn_link_set_mtu("v0", 70000));
    CHECK_EQUAL(0, dcn_link_set_mtu("v0", 1400));
    CHECK_EQUAL(0, dcn_link_set_up("v0", 1));
    CHECK_EQUAL(IFF_UP, get("v0").flags & IFF_UP);
    CHECK_EQUAL(1400, get("v0").mtu);
    CHECK_EQUAL(0, dcn_link_set_up("v0", 0));
    CHECK_EQUAL(0, get("v0").flags & IFF_UP);
}

static void should_listen_to_a_group_until_it_is_left(void) {
    const uint8_t group[6] = {0x33, 0x33, 0xff, 0, 0, 0x10};
    const char *listens = "ip maddress show dev v0 | grep -q 33:33:ff:00:00:10";
    CHECK(system(listens) != 0);
    int membership = dcn_link_group_join("v0", group);
    CHECK(membership >= 0);
    CHECK_EQUAL(0, system(listens));
    dcn_link_group_leave(membership);
    CHECK(system(listens) != 0);
    CHECK_EQUAL(-ENODEV, dcn_link_group_join("none0", group));
}

// What they do to a function that there is, a guest's test sees (e2e-tests/guest).
static void should_tell_an_interface_without_virtual_functions(void) {
    struct dcn_link_function function = {.vlan = 77};
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    CHECK_EQUAL(-ENOENT, dcn_link_function_get("v0", 0, &function));
    CHECK_EQUAL(-ENODEV, dcn_link_function_get("none0", 0, &function));
    CHECK_EQUAL(77, function.vlan);
    CHECK_EQUAL(-EOPNOTSUPP, dcn_link_function_set_mac("v0", 0, mac));
    CHECK_EQUAL(-EOPNOTSUPP, dcn_link_function_set_vlan("v0", 0, 5, 0));
    CHECK_EQUAL(-EOPNOTSUPP, dcn_link_function_set_spoof_check("v0", 0, 1));
    CHECK_EQUAL(-EOPNOTSUPP, dcn_link_function_set_trust("v0", 0, 1));
}

static void should_tell_a_missing_interface_from_a_wrong_name(void) {
    struct dcn_link link = {.index = 77};
    CHECK_EQUAL(-ENODEV, dcn_link_get("none0", &link));
    CHECK_EQUAL(-ENODEV, dcn_link_set_gso_max_size("none0", 65536));
    CHECK_EQUAL(-ENODEV, dcn_link_set_gso_ipv4_max_size("none0", 65536));
    CHECK_EQUAL(-EINVAL, dcn_link_get("", &link));
    CHECK_EQUAL(-EINVAL, dcn_link_get("sixteen-letters-", &link));
    CHECK_EQUAL(77, link.index);
}

int main(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "needs root to make interfaces\n");
        return DCN_TEST_SKIPPED;
    }
    CHECK_EQUAL(0, system("ip link add v0 type veth peer name v1 && ip link set v0 mtu 1400"));
    should_read_what_the_kernel_says();
    should_set_one_attribute_of_one_interface();
    should_refuse_more_than_the_device_takes();
    should_set_mtu_and_state();
    should_listen_to_a_group_until_it_is_left();
    should_tell_an_interface_without_virtual_functions();
    should_tell_a_missing_interface_from_a_wrong_name();
    return 0;
}

//! Rows of a pool of nodes, which the cluster's default pool and the pools beside it share.

use crate::row::{Row, Was, block, blocks, flag, map, number, text, text_set, texts};
use crate::spelling::Spelling;

/// The rows of `node_network_profile.allowed_host_ports`.
pub const NODE_NETWORK_PROFILE_ALLOWED_HOST_PORTS: &[Row] = &[
    number("port_start", "portStart").between(1, 65_535),
    number("port_end", "portEnd").between(1, 65_535),
    text("protocol", "protocol").one_of(&["TCP", "UDP"]),
];

/// The rows of `node_network_profile`.
pub const NODE_NETWORK_PROFILE: &[Row] = &[
    texts("application_security_group_ids", "applicationSecurityGroups"),
    blocks("allowed_host_ports", "allowedHostPorts", NODE_NETWORK_PROFILE_ALLOWED_HOST_PORTS),
    map("node_public_ip_tags", "nodePublicIPTags").replaces().spelled(Spelling::Tagged("ipTagType", "tag")),
];

/// The rows of `kubelet_config`.
pub const KUBELET_CONFIG: &[Row] = &[
    text_set("allowed_unsafe_sysctls", "allowedUnsafeSysctls"),
    number("container_log_max_files", "containerLogMaxFiles")
        .formerly(&[("container_log_max_line", Was::Same)])
        .at_the_least(2),
    number("container_log_max_size_mb", "containerLogMaxSizeMB"),
    flag("cpu_cfs_quota_enabled", "cpuCfsQuota").default_flag(true),
    text("cpu_cfs_quota_period", "cpuCfsQuotaPeriod"),
    text("cpu_manager_policy", "cpuManagerPolicy").one_of(&["none", "static"]),
    number("image_gc_high_threshold", "imageGcHighThreshold").between(0, 100),
    number("image_gc_low_threshold", "imageGcLowThreshold").between(0, 100),
    number("pod_max_pid", "podMaxPids"),
    text("topology_manager_policy", "topologyManagerPolicy").one_of(&[
        "none",
        "best-effort",
        "restricted",
        "single-numa-node",
    ]),
];

/// The rows of `linux_os_config.sysctl_config`.
pub const LINUX_OS_CONFIG_SYSCTL_CONFIG: &[Row] = &[
    number("net_ipv4_tcp_keepalive_intvl", "netIpv4TcpkeepaliveIntvl").between(10, 90),
    number("fs_aio_max_nr", "fsAioMaxNr").between(65_536, 6_553_500),
    number("fs_file_max", "fsFileMax").between(8192, 12_000_500),
    number("fs_inotify_max_user_watches", "fsInotifyMaxUserWatches").between(781_250, 2_097_152),
    number("fs_nr_open", "fsNrOpen").between(8192, 20_000_500),
    number("kernel_threads_max", "kernelThreadsMax").between(20, 513_785),
    number("net_core_netdev_max_backlog", "netCoreNetdevMaxBacklog").between(1000, 3_240_000),
    number("net_core_optmem_max", "netCoreOptmemMax").between(20_480, 4_194_304),
    number("net_core_rmem_default", "netCoreRmemDefault").between(212_992, 134_217_728),
    number("net_core_rmem_max", "netCoreRmemMax").between(212_992, 134_217_728),
    number("net_core_somaxconn", "netCoreSomaxconn").between(4096, 3_240_000),
    number("net_core_wmem_default", "netCoreWmemDefault").between(212_992, 134_217_728),
    number("net_core_wmem_max", "netCoreWmemMax").between(212_992, 134_217_728),
    number("net_ipv4_neigh_default_gc_thresh1", "netIpv4NeighDefaultGcThresh1").between(128, 80_000),
    number("net_ipv4_neigh_default_gc_thresh2", "netIpv4NeighDefaultGcThresh2").between(512, 90_000),
    number("net_ipv4_neigh_default_gc_thresh3", "netIpv4NeighDefaultGcThresh3").between(1024, 100_000),
    number("net_ipv4_tcp_fin_timeout", "netIpv4TcpFinTimeout").between(5, 120),
    number("net_ipv4_tcp_keepalive_probes", "netIpv4TcpKeepaliveProbes").between(1, 15),
    number("net_ipv4_tcp_keepalive_time", "netIpv4TcpKeepaliveTime").between(30, 432_000),
    number("net_ipv4_tcp_max_syn_backlog", "netIpv4TcpMaxSynBacklog").between(128, 3_240_000),
    number("net_ipv4_tcp_max_tw_buckets", "netIpv4TcpMaxTwBuckets").between(8000, 1_440_000),
    flag("net_ipv4_tcp_tw_reuse", "netIpv4TcpTwReuse"),
    number("net_netfilter_nf_conntrack_buckets", "netNetfilterNfConntrackBuckets").between(65_536, 524_288),
    number("net_netfilter_nf_conntrack_max", "netNetfilterNfConntrackMax").between(131_072, 2_097_152),
    number("vm_max_map_count", "vmMaxMapCount").between(65_530, 262_144),
    number("vm_swappiness", "vmSwappiness").between(0, 100),
    number("vm_vfs_cache_pressure", "vmVfsCachePressure").between(0, 100),
    number("net_ipv4_ip_local_port_range_max", "localPortRange.max").between(32_768, 65_535),
    number("net_ipv4_ip_local_port_range_min", "localPortRange.min").between(1024, 60_999),
];

/// The rows of `linux_os_config`.
pub const LINUX_OS_CONFIG: &[Row] = &[
    number("swap_file_size_mb", "swapFileSizeMB"),
    text("transparent_huge_page", "transparentHugePageEnabled")
        .formerly(&[("transparent_huge_page_enabled", Was::Same)])
        .one_of(&["always", "madvise", "never"]),
    text("transparent_huge_page_defrag", "transparentHugePageDefrag").one_of(&[
        "always",
        "defer",
        "defer+madvise",
        "madvise",
        "never",
    ]),
    block("sysctl_config", "sysctls", LINUX_OS_CONFIG_SYSCTL_CONFIG),
];

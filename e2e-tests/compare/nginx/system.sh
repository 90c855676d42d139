# nginx, the distribution's or that of --rival, configured for the workload. Sourced by ../bench.

# What runs it; trixie.sh puts its own there.
NGINX=(nginx)

nginx_missing() { command -v nginx >/dev/null || echo "nginx (apt install nginx-light)"; }

nginx_tls_missing() {
    "${NGINX[@]}" -V 2>&1 | grep -q -- --with-http_ssl_module || echo "an nginx with its ssl module"
}

# Version, and that of the OpenSSL that it runs with.
nginx_version() {
    "${NGINX[@]}" -V 2>&1 | sed -n -e 's/^nginx version: //p' \
        -e 's/^built with .*running with \(OpenSSL [^ ]*\).*/\1/p; t' \
        -e 's/^built with \(OpenSSL [^ ]*\).*/\1/p' | paste -sd' '
}

nginx_variants() {
    case $1 in
        cached) echo sendfile ;;
        tls_disk) if [[ $QUICK == yes ]]; then echo aio-threads; else echo sendfile aio-threads directio; fi ;;
        disk) echo sendfile aio-threads directio ;;
    esac
}

nginx_prepare() { # Serves the files where they are made, but its workers are not root.
    if ! runuser -u www-data -- test -r "$(files 4k)/0000"; then
        say "nginx runs as www-data, which cannot read data=$DATA; choose another place with --data"
        return 1
    fi
}

# Whether the kernel seals for sendfile; nginx is told to let it where that can be had.
nginx_kernel_tls() { grep -qw tls /proc/sys/net/ipv4/tcp_available_ulp; }

nginx_tls_conf() {
    local kernel_tls=
    if nginx_kernel_tls; then kernel_tls="ssl_conf_command Options KTLS;"; fi
    # The same for every run, as for a site of several machines.
    [[ -e $TLS_DIRECTORY/ticket.key ]] || head -c 80 /dev/urandom >"$TLS_DIRECTORY/ticket.key"
    sed -e "s|@CERTIFICATES@|$TLS_DIRECTORY/$TLS_SECRET|" -e "s|@TICKET_KEY@|$TLS_DIRECTORY/ticket.key|" \
        -e "s|@KERNEL_TLS@|$kernel_tls|" "$HERE/nginx/tls.conf"
}

nginx_start() {
    mkdir -p "$RUN/nginx"
    cp "$HERE/nginx/nginx.conf" "$RUN/nginx/nginx.conf"
    cp "$HERE/nginx/$2.conf" "$RUN/nginx/variant.conf"
    nginx_tls_conf >"$RUN/nginx/tls.conf"
    give_server_address
    start_server "${NGINX[@]}" -p "$DATA" -c "$RUN/nginx/nginx.conf" -g "pid $RUN/nginx/pid;"
}

nginx_warm_up() { :; }

nginx_stop() {
    stop_namespace "$SERVER_NS"
    take_server_address
}

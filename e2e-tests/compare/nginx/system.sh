# nginx, the distribution's, configured for the workload. Sourced by ../bench.

nginx_missing() { command -v nginx >/dev/null || echo "nginx (apt install nginx-light)"; }

nginx_version() { nginx -v 2>&1 | sed 's/^nginx version: //'; }

nginx_variants() {
    case $1 in
        cached) echo sendfile ;;
        disk) echo sendfile aio-threads directio ;;
    esac
}

nginx_prepare() { # Serves the files where they are made, but its workers are not root.
    if ! runuser -u www-data -- test -r "$(files 4k)/0000"; then
        say "nginx runs as www-data, which cannot read data=$DATA; choose another place with --data"
        return 1
    fi
}

nginx_start() {
    mkdir -p "$RUN/nginx"
    cp "$HERE/nginx/nginx.conf" "$RUN/nginx/nginx.conf"
    cp "$HERE/nginx/$2.conf" "$RUN/nginx/variant.conf"
    give_server_address
    start_server nginx -p "$DATA" -c "$RUN/nginx/nginx.conf" -g "pid $RUN/nginx/pid;"
}

nginx_warm_up() { :; }

nginx_stop() {
    stop_namespace "$SERVER_NS"
    take_server_address
}

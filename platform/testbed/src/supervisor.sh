# Owns one server and its folder for as long as the process that started it lives.
#
#   sh -c "$(cat supervisor.sh)" NAME NAME SIGNAL
#
# Orders come in by line on standard input and each is answered by one line. When standard input ends, because the owner
# closed it or because the owner is gone (kill -9 included), the server is ended with SIGNAL and the folder removed.
name=$1
signal=$2
pid=

gone() {
    case $(cat "/proc/$1/stat" 2>/dev/null) in
        '' | *') Z '*) return 0 ;;
    esac
    return 1
}

# Asks again until the server is gone: one that has only just been started may not listen to signals yet.
end() {
    [ -n "$pid" ] || return 0
    asked=0
    until gone "$pid"; do
        if [ "$asked" -ge 100 ]; then signal=KILL; fi
        kill "-$signal" "$pid" 2>/dev/null
        kill -CONT "$pid" 2>/dev/null
        asked=$((asked + 1))
        sleep 0.05
    done
    wait "$pid" 2>/dev/null
    pid=
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/doorbuster-$name.XXXXXX") || exit 1
chmod 755 "$dir"
echo "$dir"
while read -r order; do
    case $order in
        prepare)
            sh "$dir/prepare" >>"$dir/log" 2>&1 </dev/null
            echo "$?"
            ;;
        start)
            sh "$dir/start" >>"$dir/log" 2>&1 </dev/null &
            pid=$!
            echo "$pid"
            ;;
        wait)
            wait "$pid" 2>/dev/null
            echo "$?"
            pid=
            ;;
    esac
done
end
rm -rf "$dir"

# Runs commands for Setpoint in a container of the project's own image: sh toolbox.sh FOLDER
#
# It needs a POSIX shell and nothing else; setsid, where it is there, gives each command a process group of its own.
# Words come through the pipe FOLDER/ask, one a line: "run N", "stop N", "quit", and from itself "end N CODE". What is
# to be run is FOLDER/requests/N/run.sh; beside it go its output, and at the end its exit code, or "stopped".
umask 0
folder=$1
ask=$folder/ask
until [ -p "$ask" ]; do
    sleep 1 || exit 1
done
# Open for both, so that there is never nobody who writes.
exec 3<>"$ask"
# Whoever asks may have ended before this shell began.
if [ -e "$folder/over" ]; then exit 0; fi
start=sh
if command -v setsid >/dev/null 2>&1; then
    start="setsid sh"
fi
current=
wrapper=
trap 'exit 0' TERM

# The processes that came of process $1, as long as their parents live.
offspring() {
    for stat in /proc/[0-9]*/stat; do
        line=
        { read -r line <"$stat"; } 2>/dev/null || continue
        number=${line%% *}
        rest=${line##*) }
        rest=${rest#* }
        if [ "${rest%% *}" = "$1" ]; then
            echo "$number"
            (offspring "$number")
        fi
    done
}

# End whatever is left of the command.
sweep() {
    if [ "$$" -eq 1 ]; then
        # The first process of a container reaches all others in it, wherever they hide, and no process outside.
        kill -s KILL -- -1 2>/dev/null
    else
        leader=
        { read -r leader <"$folder/requests/$current/pid"; } 2>/dev/null
        family=$(offspring "$wrapper")
        for pid in $family; do
            kill -s KILL "$pid" 2>/dev/null
        done
        case $leader in
            '' | *[!0-9]*) ;;
            *) if [ "$start" != sh ]; then kill -s KILL -- "-$leader" 2>/dev/null; fi ;;
        esac
        kill -s KILL "$wrapper" 2>/dev/null
    fi
    wait "$wrapper" 2>/dev/null
}

# Told how the command ended: leave that for whoever waits.
finish() {
    sweep
    echo "$1" >"$folder/requests/$current/code"
    current=
}

while :; do
    word= number= code=
    read -r word number code <&3 || exit 1
    case $number in
        *[!0-9]*) continue ;;
    esac
    case $word in
        run)
            if [ -n "$current" ]; then finish stopped; fi
            current=$number
            at=$folder/requests/$current
            (
                $start "$at/run.sh" "$at" </dev/null >>"$at/output" 2>&1 3>&-
                echo "end $current $?" >&3
            ) &
            wrapper=$!
            ;;
        end)
            if [ "$number" = "$current" ]; then finish "$code"; fi
            ;;
        stop)
            if [ "$number" = "$current" ]; then finish stopped; fi
            ;;
        quit)
            if [ -n "$current" ]; then finish stopped; fi
            exit 0
            ;;
    esac
done

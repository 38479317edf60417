# fish completion for omsupctl; `omsupctl help --completion fish` prints it. omsupctl itself says what may follow.
function __omsupctl_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -l current (commandline -ct)
    set -e words[1]
    for line in ($program complete -- $words "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c omsupctl -f -a '(__omsupctl_complete)'

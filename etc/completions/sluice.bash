# Completion of sluicectl and sluiced for bash.
#
# Verbs and options are what `--help` of the program says: no second list.

_sluice_words() # PROGRAM: its long options, then its verbs
{
	"$1" --help 2>/dev/null | sed -n -E \
	    -e 's/^  (-., |    )(--[a-z]+).*/\2/p' \
	    -e '/^verbs:/,$s/^  ([a-z]+) .*/\1/p'
}

_sluice_behind() # VERB: what may stand behind it
{
	case $1 in
	pools) echo --watch ;;
	server) echo drain down up weight ;;
	cache) echo status list purge explain ;;
	list) echo --prefix --host --tag --all --limit ;;
	purge) echo --prefix --host --tag --all --soft ;;
	explain) echo --header --method --from ;;
	esac
}

_sluice()
{
	local current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	local word words behind

	case $before in
	-f | --file | -s | --socket)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--listen | --to | --prefix | --host | --tag | --limit | --header | \
	    --method | --from)
		return
		;;
	esac
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		words=$(_sluice_behind "$word")
		[[ -n $words ]] && behind=$words
	done
	if [[ -n $behind ]]; then
		[[ $before == server ]] && return
		mapfile -t COMPREPLY < <(compgen -W "$behind" -- "$current")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(_sluice_words "$1")" \
	    -- "$current")
}

complete -F _sluice sluicectl sluiced

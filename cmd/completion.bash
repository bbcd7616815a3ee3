# Completion of ipcbench for bash, with the package bash-completion.
#
# What there is to offer the program says itself, as it does to every shell. Three
# characters that it has within words are breaks between words to readline, which then
# replaces no more than what stands behind the last of them.

declare -F _get_comp_words_by_ref >/dev/null || source /usr/share/bash-completion/bash_completion 2>/dev/null

_ipcbench() {
	local cur words cword
	COMPREPLY=()
	_get_comp_words_by_ref -n =:@ cur words cword || return

	local offers=() offer
	while IFS= read -r offer; do
		offers+=("$offer")
	done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1:cword-1}" "$cur" 2>/dev/null)
	((${#offers[@]})) || return
	local last=$((${#offers[@]} - 1))
	local directive=${offers[last]#:}
	unset "offers[last]"

	local flag="" head="" breaks="" char
	[[ $cur == -*=* ]] && flag=${cur%%=*}=
	for char in = : @; do
		[[ $COMP_WORDBREAKS == *"$char"* ]] && breaks+=$char
	done
	[[ $breaks ]] && head=${cur%"${cur##*[$breaks]}"}

	# The directives are cobra's.
	((directive & 1)) && return
	((directive & 2)) && compopt -o nospace
	((directive & 32)) && compopt -o nosort
	if ((directive & 8)); then
		cur=${cur#"$flag"}
		local IFS='|'
		_filedir "@(${offers[*]})"
		return
	elif ((directive & 16)); then
		cur=${cur#"$flag"}
		_filedir -d
		return
	elif ((!(directive & 4))); then
		cur=${cur#"$flag"}
		_filedir
		return
	fi

	local word longest=0 about=()
	for offer in "${offers[@]}"; do
		word=$flag${offer%%$'\t'*}
		[[ $word == "$cur"* ]] || continue
		word=${word#"$head"}
		COMPREPLY+=("$word")
		about+=("")
		[[ $offer == *$'\t'* ]] && about[-1]=${offer#*$'\t'}
		((${#word} > longest)) && longest=${#word}
	done
	if ((${#COMPREPLY[@]} == 1)); then
		COMPREPLY[0]=${COMPREPLY[0]// /\\ }
		return
	fi

	# Several are listed, each with what it is, unless they are inserted one by one.
	local i line
	((COMP_TYPE == 37 || COMP_TYPE == 42)) && return
	for i in "${!COMPREPLY[@]}"; do
		[[ ${about[i]} ]] || continue
		printf -v line "%-${longest}s  (%s)" "${COMPREPLY[i]}" "${about[i]}"
		((${#line} >= ${COLUMNS:-80})) && line=${line:0:${COLUMNS:-80}-2}…
		COMPREPLY[i]=$line
	done
}

complete -F _ipcbench ipcbench

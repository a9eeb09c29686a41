"""Queries of authors, made by chance: of everything that PromQL has, within the bounds of `confined`."""

import json

from hypothesis import strategies as st

METRICS = ("queue_depth", "http_requests_total", "container_memory_working_set_bytes", "by", "sum", "offset")
_VALUES = st.sampled_from(["a", "", 'quote" or up{x="', "back\\slash", "größe", "1.5", "{}", "# no comment"])
_REGEXES = st.sampled_from(["a|b", ".*", "[a-z]+", "x.+"])
_LABELS = st.sampled_from(["app", "code", "queue", "by", "on"])


@st.composite
def _matchers(draw):
    label = draw(_LABELS)
    if draw(st.booleans()):
        return f"{label}{draw(st.sampled_from(['=', '!=']))}{json.dumps(draw(_VALUES), ensure_ascii=False)}"
    return f"{label}{draw(st.sampled_from(['=~', '!~']))}'{draw(_REGEXES)}'"


@st.composite
def selectors(draw):
    """A selector that names its metric, in one of the ways to do so."""
    matchers = draw(st.lists(_matchers(), max_size=2))
    plain, braces = draw(st.sampled_from(METRICS)), draw(st.integers(0, 2))
    if braces == 0:
        return plain + (f"{{{','.join(matchers)}}}" if matchers else "")
    named = '__name__="queue_depth"' if braces == 1 else '__name__=~"queue_depth|http_requests_total"'
    return f"{{{', '.join([*matchers, named])} }}"


_MODIFIERS = st.sampled_from(["", " offset 1m", " offset -90s", " @ start()", " @ end() offset 1500ms"])
_ranged = st.builds("{}[{}]{}".format, selectors(), st.sampled_from(["1m", "90s", "1m30s"]), _MODIFIERS)
_base = st.one_of(
    st.builds("{}{}".format, selectors(), _MODIFIERS),
    st.builds("{}({})".format, st.sampled_from(["rate", "max_over_time", "count_over_time"]), _ranged),
    st.sampled_from(["1", "0x1F", "1e3", "time()", "vector(2.5)", "Inf"]),
)
_vectors = st.one_of(st.builds("{}{}".format, selectors(), _MODIFIERS), st.builds("rate({})".format, _ranged))


def _larger(inner):
    return st.one_of(
        st.builds("{} by (app,\n code) ({})".format, st.sampled_from(["sum", "max", "count", "group"]), inner),
        st.builds("sum without (code) ({}) # said by the author".format, inner).map(lambda text: f"{text}\n"),
        st.builds("topk(scalar({}), {})".format, inner, inner),
        st.builds("max_over_time(({})[2m:30s]{})".format, inner, st.sampled_from(["", " offset 1m", " @ end()"])),
        st.builds('label_replace({}, "code", "$1", "app", "(.*)")'.format, inner),
        st.builds("absent({})".format, inner),
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds(
            "({}) {} ({})".format,
            inner,
            st.sampled_from(["+", "/ on (app)", "and", "or", "unless ignoring (code)", "^", "> bool", "== on (app)"]),
            inner,
        ),
    )


queries = st.one_of(_base, st.recursive(_vectors, _larger, max_leaves=4))

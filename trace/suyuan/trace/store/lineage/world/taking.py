"""Taking in what was read of the store, in machine code.

Lines are linked at their front, so columns are read from the end: each line keeps its order.
"""

from __future__ import annotations

from suyuan.trace.lineage.compiled.machine import Address, inlined, opening, walking
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.store.lineage.world.rows import (
    Groups,
    Pages,
    Statements,
    StoredMention,
    StoredNode,
    Visits,
)
from suyuan.trace.store.lineage.world.tables import (
    AS_PUT_IN,
    AS_PUT_OUT,
    CONSUMPTIONS,
    CONTAINERS,
    CONTENTS,
    DESTINATIONS,
    DRAWS,
    EATEN,
    GOODS,
    ITSELF,
    MADE,
    MEMBERS,
    MENTIONED,
    MENTIONS,
    NODES,
    STAYS,
    WANTED_PARTS,
    WORDS,
    World,
    consumption_of,
    containment_of,
    containment_row,
    episode_of,
    episode_row,
    group_of,
    known,
    node_of,
    production_of,
    site_of,
    statement_of,
    world_at,
)

_pages_at, _groups_at = opening(Pages), opening(Groups)
_statements_at, _visits_at = opening(Statements), opening(Visits)


@inlined
def _fits(w: World, many: int) -> bool:
    """Whether there is room for so many more rows, each of which may speak of four others of one kind."""
    most = len(w.nodes) - 4 * many - 8
    longest = 0
    for table in range(GOODS + 1):
        longest = max(longest, w.used[table])
    return longest <= most


@walking
def take_nodes(world: Address, pages: Address) -> bool:
    """Take in what was wanted of nodes and their lines; False if room was lacking.

    On a page stand other nodes as well: of these nothing is taken. Lines of which more stands among the parts
    are put on the list of those.
    """
    w, p = world_at(world), _pages_at(pages)
    rows = len(p.nodes) + len(p.eaten) + len(p.made) + len(p.contents) + len(p.containers)
    if not _fits(w, rows + len(p.stays) + len(p.members) + len(p.mentions)):
        return False
    _take_themselves(w, p)
    _take_eaten(w, p)
    _take_made(w, p)
    _take_contents(w, p)
    _take_containers(w, p)
    _take_stays(w, p)
    _take_members(w, p)
    _take_mentions(w, p)
    return True


@inlined
def _take_themselves(w: World, p: Pages) -> None:
    for number in range(len(p.nodes)):
        told = p.nodes[number]
        lacking = _lacking(w, told.number)
        if lacking & ITSELF:
            _take_node(w, told)
        if (told.longer << 1) & lacking:
            place = w.used[WANTED_PARTS]
            w.wanted_parts[place].number, w.wanted_parts[place].what = (
                told.number,
                (told.longer << 1) & lacking,
            )
            w.used[WANTED_PARTS] = place + 1


@inlined
def _take_eaten(w: World, p: Pages) -> None:
    for number in range(len(p.eaten) - 1, -1, -1):
        if _lacking(w, p.eaten[number].node) & EATEN:
            row = consumption_of(w, p.eaten[number])
            node = w.nodes[w.consumptions[row].node]
            w.consumptions[row].next = node.first_consumption
            node.first_consumption = row


@inlined
def _take_made(w: World, p: Pages) -> None:
    for number in range(len(p.made) - 1, -1, -1):
        if _lacking(w, p.made[number].node) & MADE:
            row = production_of(w, p.made[number])
            node = w.nodes[w.productions[row].node]
            w.productions[row].next = node.first_production
            node.first_production = row


@inlined
def _take_contents(w: World, p: Pages) -> None:
    for number in range(len(p.contents) - 1, -1, -1):
        if _lacking(w, p.contents[number].parent) & CONTENTS:
            row = containment_of(w, p.contents[number])
            node = w.nodes[w.containments[row].parent]
            w.containments[row].next_content = node.first_content
            node.first_content = row


@inlined
def _take_containers(w: World, p: Pages) -> None:
    for number in range(len(p.containers) - 1, -1, -1):
        if _lacking(w, p.containers[number].child) & CONTAINERS:
            row = containment_of(w, p.containers[number])
            node = w.nodes[w.containments[row].child]
            w.containments[row].next_container = node.first_container
            node.first_container = row


@inlined
def _take_stays(w: World, p: Pages) -> None:
    for number in range(len(p.stays) - 1, -1, -1):
        if _lacking(w, p.stays[number].node) & STAYS:
            row = episode_of(w, p.stays[number])
            node = w.nodes[w.episodes[row].node]
            w.episodes[row].next = node.first_episode
            node.first_episode = row


@inlined
def _take_members(w: World, p: Pages) -> None:
    for number in range(len(p.members) - 1, -1, -1):
        if _lacking(w, p.members[number].lot) & MEMBERS:
            lot, member = node_of(w, p.members[number].lot), node_of(w, p.members[number].node)
            w.nodes[member].next_member = w.nodes[lot].first_member
            w.nodes[lot].first_member = member


@inlined
def _take_mentions(w: World, p: Pages) -> None:
    for number in range(len(p.mentions) - 1, -1, -1):
        if _lacking(w, p.mentions[number].node) & MENTIONED:
            row = _mention(w, p.mentions[number])
            goods = w.goods[_goods_of(w, w.mentions[row].node)]
            w.mentions[row].next = goods.first_mention
            goods.first_mention = row


@inlined
def _lacking(w: World, number: int) -> int:
    """What of a node is on the list of what is being read."""
    node = known(w, NODES, number)
    return 0 if node == NONE else w.node_origins[node].read >> 16


@inlined
def _take_node(w: World, told: StoredNode) -> None:
    node = node_of(w, told.number)
    row = w.nodes[node]
    row.birth, row.made, row.made_uom, row.count = told.birth, told.made, told.made_uom, told.count
    row.is_class, row.is_place, row.consumed = told.is_class, told.is_place, told.consumed
    row.lot, row.site = node_of(w, told.lot), site_of(w, told.site)
    row.last, row.ended = statement_of(w, told.last), statement_of(w, told.ended)
    row.lot_told = statement_of(w, told.lot_told)
    if told.inside != NONE:
        row.inside = containment_row(w, told.inside)
        w.containments[row.inside].parent = node_of(w, told.container)
    if told.here != NONE:
        row.here = episode_row(w, told.here)
        w.episodes[row.here].place = node_of(w, told.place)
    if told.goods != NONE:
        _goods_of(w, node)
    w.node_names[node].prefix, w.node_names[node].first = told.prefix, told.first


@inlined
def _goods_of(w: World, node: int) -> int:
    if w.nodes[node].goods == NONE:
        goods = w.used[GOODS]
        w.used[GOODS] = goods + 1
        w.goods[goods].node, w.goods[goods].first_mention, w.goods[goods].repairs = node, NONE, 0
        w.nodes[node].goods = goods
    return w.nodes[node].goods


@inlined
def _mention(w: World, told: StoredMention) -> int:
    row = w.used[MENTIONS]
    w.used[MENTIONS] = row + 1
    one = w.mentions[row]
    one.amount, one.uom, one.role, one.is_class, one.next = (
        told.amount,
        told.uom,
        told.role,
        told.is_class,
        NONE,
    )
    one.node, one.by = node_of(w, told.node), statement_of(w, told.by)
    return row


@walking
def take_groups(world: Address, groups: Address) -> bool:
    """Take in what was wanted of groups; False if room was lacking."""
    w, g = world_at(world), _groups_at(groups)
    if not _fits(w, len(g.output) + len(g.input) + len(g.draws)):
        return False
    for number in range(len(g.output) - 1, -1, -1):
        at = group_of(w, g.output[number].group)
        if (w.group_origins[at].read >> 16) & AS_PUT_OUT:
            row = production_of(w, g.output[number])
            w.productions[row].next_of_group = w.groups[at].first_production
            w.groups[at].first_production = row
    for number in range(len(g.input) - 1, -1, -1):
        at = group_of(w, g.input[number].group)
        if (w.group_origins[at].read >> 16) & AS_PUT_IN:
            row = consumption_of(w, g.input[number])
            w.consumptions[row].next_of_group = w.groups[at].first_consumption
            w.groups[at].first_consumption = row
    for number in range(len(g.draws) - 1, -1, -1):
        told, at = g.draws[number], group_of(w, g.draws[number].group)
        if (w.group_origins[at].read >> 16) & AS_PUT_IN:
            row = w.used[DRAWS]
            w.used[DRAWS] = row + 1
            w.draws[row].amount, w.draws[row].uom = told.amount, told.uom
            w.draws[row].consumption = known(w, CONSUMPTIONS, told.consumption)
            w.draws[row].next = w.groups[at].first_draw
            w.groups[at].first_draw = row
    return True


@walking
def take_statements(world: Address, statements: Address) -> bool:
    """Take in what was wanted of statements; False if room was lacking."""
    w, s = world_at(world), _statements_at(statements)
    if not _fits(w, len(s.statements) + len(s.sayings) + len(s.named) + len(s.sent)):
        return False
    for number in range(len(s.statements)):
        told = s.statements[number]
        row = w.statements[statement_of(w, told.number)]
        row.at, row.sequence, row.order, row.rank = told.at, told.sequence, told.order, told.rank
        row.party, row.fate, row.marks, row.site = told.party, told.fate, told.marks, site_of(w, told.site)
    for number in range(len(s.sayings)):
        at = statement_of(w, s.sayings[number].number)
        if _says(w, at):
            words, saying = s.sayings[number], w.sayings[at]
            saying.known, saying.step, saying.type = words.known, words.step, words.type
            saying.action, saying.basis = words.action, words.basis
            saying.place, saying.was = node_of(w, words.place), node_of(w, words.was)
            saying.parent, saying.read_site = node_of(w, words.parent), site_of(w, words.read_site)
            saying.group = group_of(w, words.group)
    for number in range(len(s.named)):
        at = statement_of(w, s.named[number].by)
        if _says(w, at):
            row = _mention(w, s.named[number])
            if w.sayings[at].mentions == 0:
                w.sayings[at].first_mention = row
            w.sayings[at].mentions += 1
    for number in range(len(s.sent) - 1, -1, -1):
        sent, at = s.sent[number], statement_of(w, s.sent[number].by)
        if _says(w, at):
            row = w.used[DESTINATIONS]
            w.used[DESTINATIONS] = row + 1
            w.destinations[row].site, w.destinations[row].party = site_of(w, sent.site), sent.party
            w.destinations[row].is_place = sent.is_place
            w.destinations[row].next = w.sayings[at].first_destination
            w.sayings[at].first_destination = row
    return True


@inlined
def _says(w: World, statement: int) -> bool:
    """Whether what a statement says is being read."""
    return (w.statement_origins[statement].read >> 16) & WORDS != 0


@walking
def take_visits(world: Address, visits: Address) -> bool:
    """Take in who was at sites; False if room was lacking."""
    w, v = world_at(world), _visits_at(visits)
    if not _fits(w, len(v.visits)):
        return False
    for number in range(len(v.visits) - 1, -1, -1):
        row = episode_of(w, v.visits[number])
        site = w.sites[site_of(w, v.visits[number].site)]
        w.episodes[row].next_visit = site.first_visit
        site.first_visit = row
    return True

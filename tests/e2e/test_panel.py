"""The strip and what is told of its chosen token: how they stand, how one moves, what is there before they are."""

import pytest
from playwright.sync_api import FloatRect, Locator, Page, Route, ViewportSize, expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, cells, field, focus, main, pick, read_through, write

WIDE: ViewportSize = {"width": 1400, "height": 520}
NARROW: ViewportSize = {"width": 1024, "height": 576}
TELEPHONE: ViewportSize = {"width": 420, "height": 800}
POEM = "Tyger Tyger, burning bright,\nIn the [MASK] of the night;\n\nWhat immortal hand or eye"
LONG = f"{POEM},\nCould frame thy fearful symmetry?\n" * 5


def box(place: Locator) -> FloatRect:
    found = place.bounding_box()
    assert found is not None
    return found


def columns(page: Page) -> tuple[Locator, Locator]:
    """Of the strip, and of what is told of the chosen token."""
    found = page.locator(".st-key-tokens-panel").get_by_test_id("stColumn")
    expect(found).to_have_count(3)
    return found.nth(0), found.nth(1)


def test_the_strip_and_its_panel(visit: Open) -> None:
    page = visit(**WIDE)
    read_through(page)
    the_strip_s_place_is_kept_until_it_is_there(page)
    write(page, "Text", POEM)
    read_through(page)
    pick(page, 3)
    for size in (WIDE, TELEPHONE, NARROW):
        up_and_down_move_by_line(page, size)
    where_there_is_no_room_for_both_the_panel_stands_below(page)
    the_panel_stays_in_sight_beside_a_long_strip(page)


def the_panel_stays_in_sight_beside_a_long_strip(page: Page) -> None:
    page.set_viewport_size(WIDE)
    write(page, "Text", LONG)
    # What has been read so far will do.
    expect(page.locator(".strip .line-end")).to_have_count(LONG.strip().count("\n") - LONG.count("\n\n"))
    strip, panel = columns(page)
    assert box(strip)["x"] + box(strip)["width"] <= box(panel)["x"]
    assert box(strip)["height"] > 2 * WIDE["height"], "or nothing has to stay"
    page.get_by_test_id("stMain").evaluate("node => node.scrollTo(0, node.scrollTop + 700)")
    title = panel.get_by_role("heading", level=3).first
    expect(title).to_be_in_viewport()
    assert 0 <= box(panel)["y"] and box(panel)["y"] + box(panel)["height"] <= WIDE["height"]


def where_there_is_no_room_for_both_the_panel_stands_below(page: Page) -> None:
    page.set_viewport_size(NARROW)
    strip, panel = columns(page)
    assert box(panel)["y"] >= box(strip)["y"] + box(strip)["height"]
    for each in (strip, panel):
        assert box(each)["width"] == pytest.approx(box(main(page).get_by_test_id("stTextArea"))["width"], abs=2)


def up_and_down_move_by_line(page: Page, size: ViewportSize) -> None:
    """To the cell of the next line that stands nearest, whatever the width makes a line."""
    page.set_viewport_size(size)
    at_rest(page)
    cells(page).nth(3).focus()
    places = [box(cells(page).nth(number)) for number in range(cells(page).count())]
    tops = sorted({round(place["y"]) for place in places})
    assert len(tops) >= 3, "each line of the poem is one of the strip's"

    def line(number: int) -> int:
        return min(range(len(tops)), key=lambda at: abs(tops[at] - places[number]["y"]))

    def middle(number: int) -> float:
        return places[number]["x"] + places[number]["width"] / 2

    at = 3
    for key, by in (*[("ArrowDown", 1)] * len(tops), *[("ArrowUp", -1)] * len(tops)):
        page.keyboard.press(key)
        there = int(focus(page) or -1)
        wanted = min(max(line(at) + by, 0), len(tops) - 1)
        assert line(there) == wanted
        if line(at) != wanted:
            others = [number for number in range(len(places)) if line(number) == wanted]
            assert abs(middle(there) - middle(at)) == min(abs(middle(number) - middle(at)) for number in others)
        else:
            assert there == at, "there is no line to go to"
        at = there


def the_strip_s_place_is_kept_until_it_is_there(page: Page) -> None:
    """What stands below it does not jump when its script arrives."""
    drawn = box(page.locator(".st-key-tokens-strip"))["height"]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/BidiComponent.*.js", hold)
    page.reload()
    waits = page.locator(".st-key-tokens-strip [data-testid=stSkeleton]")
    # The frame's style sheet comes at about the same time.
    expect(waits).to_have_css("height", "240px")
    assert box(waits)["height"] == pytest.approx(drawn, rel=0.4)
    typed = field(page, "Text").element_handle()
    for route in held:
        route.continue_()
    page.unroute("**/BidiComponent.*.js", hold)
    expect(cells(page).first).to_be_visible()
    at_rest(page)
    # What was kept is asked for when it has come: the page may look at rest before.
    page.wait_for_function("field => !field.readOnly", arg=typed)
    at_rest(page)
    assert typed.evaluate("field => field.isConnected"), "what is typed meanwhile is not lost"

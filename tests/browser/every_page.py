"""Which pages everybody opens, and what must hold on each."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

ROLES = {
    "fgw_dc": ["/", "/tasks/", "/tasks/?sort=light&page=2", "/tasks/?light=red", "/overdue/",
               "/overdue/charts/", "/overdue/?on=2020-07-15",
               "/plans/", "/plans/new/", "/agencies/", "plan", "plan/import", "task", "agency",
               "agency/edit", "agency/contacts", "agency/match",
               "/reviews/", "/reviews/?tab=unjudged", "/goals/2020/", "plan/consolidators",
               "/reports/", "/reports/periods/", "/reports/new/", "report", "report/all",
               "report/preview", "/periods/open/?period=2020Q4", "period", "plan/policy",
               "/calendar/",
               "/progress/2020Q3/returns/", "/targets/", "/targets/?q=zzz", "target",
               "/targets/new/", "target/edit", "/exports/"],
    "fgw_ld": ["/", "/overdue/", "/reports/", "/reports/periods/", "report", "report/preview",
               "period"],
    "fgw_tb": ["/progress/2020Q3/"],
    "kjt_tb": ["/", "/progress/2020Q3/", "/goals/2020/", "/inbox/", "/tasks/", "task", "record",
               "/progress/2020Q3/upload/", "/progress/2020Q3/signed/"],
    "kjt_sq": ["/", "task", "/progress/2020Q3/"],
    "kjt_gl": ["/", "/people/", "person", "person/handover", "agency", "agency/steps"],
    "daj_tb": ["/", "/tasks/", "/progress/2020Q3/"],
    "sec_admin": ["/", "/people/", "/people/?q=zzz", "/people/lines/", "/people/bulk/", "person",
                  "person/handover", "agency", "/people/me/", "/accounts/password/"],
    "sys_admin": ["/", "/people/", "/people/new/", "person", "/agencies/", "/agencies/new/",
                  "agency", "agency/edit", "agency/steps",
                  "/inbox/", "/calendar/", "/calendar/?year=2027"],
    "audit_admin": ["/", "/audit/", "/audit/?kind=task&act=期初", "/audit/?who=zzz"],
}  # fmt: skip


def links(visitor: Any) -> dict[str, str]:
    """Addresses that only the pages themselves know; the third row is led by three units."""
    found: dict[str, str] = {}
    for start, name, selector in (
        ("/tasks/", "task", "a.task >> nth=2"),
        ("/plans/", "plan", "a:has-text('加快我省战略性新兴产业')"),
        ("/agencies/", "agency", "main a:text-is('省科技厅')"),
        ("task", "record", "a[href*='/duties/']"),
        ("/people/?q=kjt_tb", "person", "a.task"),
        ("/reports/periods/", "period", ".periods a.task"),
        ("/reports/", "report", ".reports a.task"),
        ("/targets/?q=生物产业", "target", ".t-targets a.task"),
    ):
        visitor.open(start if start.startswith("/") else found.get(start, "/"))
        link = visitor.page.locator(selector)
        if link.count():
            found[name] = str(link.first.get_attribute("href"))
    found["person/handover"] = f"{found.get('person', '/people/0/')}handover/"
    for part in ("edit", "contacts", "steps", "match"):
        found[f"agency/{part}"] = f"{found.get('agency', '/agencies/0/')}{part}/"
    # whoever makes none is led to the paper first
    report = found.get("report", "/reports/0/").removesuffix("preview/")
    found |= {
        "report": report,
        "report/all": f"{report}?class=all",
        "report/preview": f"{report}preview/",
    }
    found["target/edit"] = f"{found.get('target', '/targets/0/')}edit/"
    found["plan/policy"] = f"{found.get('plan', '/plans/0/')}policy/"
    found["plan/import"] = f"{found.get('plan', '/plans/0/')}import/"
    found["plan/consolidators"] = f"{found.get('plan', '/plans/0/')}consolidators/?show=all"
    return found


OVERSEERS = ("fgw_dc", "fgw_ld")
WIDTHS = (1366, 390)


def walk(visit: Any, username: str) -> None:
    """Every page of one person, on an office screen and then as narrow as a telephone."""
    visitor = visit(WIDTHS[0]).log_in(username)
    known = links(visitor)
    visitor.complaints.clear()
    for path in ROLES[username]:
        visitor.page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        visitor.open(known.get(path, path))
        title = visitor.page.title()
        assert "没有这个页面" not in title, path
        for width in WIDTHS:
            visitor.page.set_viewport_size({"width": width, "height": 800})
            wide = visitor.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (path, wide)
            violations = [
                (found["id"], found["nodes"][0]["html"][:120])
                for found in Axe().run(visitor.page).response["violations"]
                if found["impact"] in {"serious", "critical"}
            ]
            assert violations == [], (path, width)
        assert visitor.complaints == [], (path, title)

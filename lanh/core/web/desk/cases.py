"""A record's case: its state, the time left, what may be done with it and why something may not."""

from __future__ import annotations

from typing import Any

from lanh.core import ui
from lanh.core.desks import CaseScreen, SignatureLine
from lanh.core.text import Language
from lanh.core.ui import NOTHING, Html, formats, icon, join, tag
from lanh.core.web.words import WORDS
from lanh.core.workflow import Choice, Step


def _say(language: Language, key: str, /, **parameters: Any) -> str:
    return WORDS[key].say(language, **parameters)


def state_line(case: CaseScreen, language: Language) -> Html:
    """The state and how much time is left."""
    closed = case.case.closed_at is not None
    tags = [ui.status_tag(case.state, "off" if closed else "info")]
    if case.case.due is not None and not closed:
        due = formats.moment(case.case.due)
        if case.overdue:
            tags.append(ui.status_tag(_say(language, "case.overdue", time=due), "bad"))
        else:
            words = _say(language, "case.due", time=due)
            if case.remaining:
                words = f"{case.remaining} · {words}"
            tags.append(ui.status_tag(words, "warn"))
    return tag("p", join(*tags), class_="state-line")


def notes(case: CaseScreen) -> Html:
    """What the system says of the case beside its state."""
    return join([ui.notice(words, "bad" if grave else "info") for words, grave in case.notes])


def task_line(case: CaseScreen, language: Language) -> str:
    """Whose turn it is."""
    task = case.task
    if task is None:
        return ""
    queue = case.words.get(f"queue.{task.queue}", task.queue)
    if task.owner is None:
        return _say(language, "case.waits", queue=queue)
    owner = case.words.get(f"actor.{task.owner}", task.owner)
    return _say(language, "case.held", queue=queue, who=owner)


def _reason_field(choice: Choice, language: Language) -> Html:
    name = f"reason-{choice.transition.name}"
    return tag(
        "div",
        tag("label", _say(language, "case.reason"), for_=f"f-{name}"),
        tag("p", _say(language, "case.reason_why"), class_="hint", id=f"h-{name}"),
        tag(
            "textarea",
            name=name,
            id=f"f-{name}",
            rows=3,
            maxlength=2000,
            class_="full",
            aria_describedby=f"h-{name}",
        ),
        class_="field",
    )


def choices(case: CaseScreen, language: Language) -> Html:
    """What may be done, as buttons; what asks for a reason opens to take it; what may not be done
    now says why."""
    made: list[Html] = []
    first = True
    for choice in case.choices:
        way = choice.transition
        title = way.title.say(language)
        if choice.refusal is not None:
            words = choice.refusal.say(language)
            made.append(
                tag(
                    "li",
                    tag("b", title),
                    tag("span", icon("lock"), tag("span", words)),
                    class_="not-now",
                )
            )
        elif way.reason:
            send = tag(
                "button",
                title,
                type="submit",
                name="transition",
                value=way.name,
                class_="button primary",
            )
            made.append(
                tag(
                    "li",
                    tag(
                        "details",
                        tag("summary", tag("span", title), class_="button quiet"),
                        _reason_field(choice, language),
                        send,
                        name="choices",
                        class_="with-reason",
                    ),
                )
            )
        else:
            tone = "primary" if first else "quiet"
            first = False
            made.append(
                tag(
                    "li",
                    tag(
                        "button",
                        title,
                        type="submit",
                        name="transition",
                        value=way.name,
                        class_=f"button {tone}",
                    ),
                )
            )
    return tag("ul", made, class_="acts") if made else NOTHING


def _verdict(line: SignatureLine, language: Language) -> Html:
    if line.at is None:
        return ui.status_tag(_say(language, "sign.waits"), "warn")
    if line.sound is None:
        return ui.status_tag(_say(language, "sign.given"), "info")
    if line.sound:
        return ui.status_tag(_say(language, "sign.sound"), "ok")
    return ui.status_tag(_say(language, "sign.unsound"), "bad")


def signature_lines(case: CaseScreen, language: Language) -> list[dict[str, Any]]:
    """The signatures: what is signed, by whom, whether they hold."""
    lines = case.lines or [
        SignatureLine(each.need, each.need, each.content, each.signed_by or "", each.signed_at)
        for each in case.signatures
    ]
    return [
        {
            "need": line.need,
            "title": line.title,
            "verdict": _verdict(line, language),
            "found": line.verdict,
            "content": line.content,
            "who": case.words.get(f"actor.{line.by}", line.by),
            "at": formats.moment(line.at) if line.at is not None else "",
            "mine": line.mine and line.at is None,
        }
        for line in lines
    ]


def history(case: CaseScreen, language: Language) -> Html:
    """What happened to the case, newest first."""
    return tag(
        "ol",
        [_step(case, step, language) for step in reversed(case.history)],
        class_="history",
    )


def _step(case: CaseScreen, step: Step, language: Language) -> Html:
    kind = _say(language, f"step.{step.kind}")
    known = case.words.get(f"transition.{step.name}") if step.kind == "moved" else None
    if step.kind in ("signed", "claimed", "given-back", "assigned") and step.name:
        group = "signature" if step.kind == "signed" else "queue"
        named = case.words.get(f"{group}.{step.name}")
        kind = f"{kind}: {named}" if named else kind
    actor = case.words.get(f"actor.{step.actor}", step.actor)
    state = case.words.get(f"state.{step.to_state}", step.to_state)
    moved = step.from_state != step.to_state
    return tag(
        "li",
        tag("p", tag("b", known or kind), tag("span", " → ", state) if moved else NOTHING),
        tag("p", f"{formats.moment(step.at)} · {actor}", class_="muted small"),
        tag("p", step.reason, class_="quoted") if step.reason else NOTHING,
    )

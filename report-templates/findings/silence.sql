-- title = "Something that is busy at such times was all but silent: {value} in the place of {usual}"
-- state = "warning"
-- parameters = { least = "> 20", left = "< 5 %" }
-- labels = ["what", "name"]
-- observed = "{value}, where {usual} are usual"
-- expected = "at least {left} of what is usual"
-- message = "The {what} {name} was all but silent: {value}, where {usual} are usual in such a span ({spans: week|weeks})."
-- meaning = """A host that writes no log any more, a relay that takes nothing, a delivery agent or a service that does \
-- not work any more: nothing of it is in the log, and no other figure need look wrong. See whether it runs, and whether \
-- its log still arrives here. If it was switched off, that is told for as long as the weeks before are looked back at."""
-- site = true
SELECT metric AS what, label AS name, value, usual, spans
FROM usual
WHERE metric IN ('host', 'relay', 'service', 'transport') AND spans >= 3 AND usual {least} AND value / usual {left}
ORDER BY usual DESC, metric, label

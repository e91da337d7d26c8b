"""The statements that fill an empty database with any number of rows that look like work.

Arithmetic on the row's number decides everything, so that the same size gives the same rows.
What is stored twice (lights, marks, copies of the deadline) is what `marks_refresh` would store:
tests/test_bulk.py holds the one against the other.
"""

from __future__ import annotations

# One line for each row of the ledger; everything else is written from it. `judged` is the day of
# its last judgement, `gone` how many of the periods that are over lack its reports, `heard` the
# period whose report its light goes by, `told` that of its newest report; periods of duties are
# numbered from 0, -1 is none. Shares are of 1,000 rows; 7919 is prime, so that neighbours differ.
ROWS = """
    CREATE TEMP TABLE bulk_row ON COMMIT DROP AS
    WITH numbered AS (
        SELECT id, (id - 1) / %(per_plan)s + 1 AS plan_id, (id - 1) %% %(per_plan)s + 1 AS place,
               (id * 7919) %% 1000 AS mix, (id * 31 + id / 7) %% 10 AS turn,
               2 + (id * 13) %% (%(agencies)s - 20) AS lead, id %% 3 = 0 AS two
          FROM generate_series(1, %(tasks)s::bigint) AS id
    ), kinds AS (
        SELECT *,
               CASE WHEN mix < 50 THEN 'fresh'        -- late since the last sweep, not yet flagged
                    WHEN mix < 130 THEN 'late'
                    WHEN mix < 330 THEN 'closed'
                    WHEN mix < 340 THEN 'ended'
                    WHEN mix < 350 THEN 'suspended'
                    WHEN mix < 410 THEN 'behind'
                    WHEN mix < 430 THEN 'difficult'
                    WHEN mix < 440 THEN 'impossible'
                    WHEN mix < 470 THEN 'closing'     -- due before the next chance to report
                    WHEN mix < 490 THEN 'soft'
                    WHEN mix < 540 THEN 'silent'      -- never reported
                    WHEN mix < 660 THEN 'ongoing'
                    WHEN mix < 670 THEN 'unresolved'
                    WHEN mix < 680 THEN 'none'
                    ELSE 'dated' END AS kind
          FROM numbered
    ), dated AS (
        SELECT *,
               CASE kind WHEN 'fresh' THEN %(today)s::date - 1 - (id / 20 %% 7)::int
                         WHEN 'late' THEN %(today)s::date - 20 - (mix - 50)::int * 9
                         WHEN 'closed' THEN %(today)s::date - 100 - (mix %% 200)::int
                         WHEN 'ended' THEN %(today)s::date - 100
                         WHEN 'suspended' THEN %(today)s::date - 60
                         WHEN 'closing' THEN %(next_cut_off)s::date - 20 - (mix %% 30)::int
                         WHEN 'soft' THEN %(today)s::date - 104
                         WHEN 'ongoing' THEN NULL
                         WHEN 'unresolved' THEN NULL
                         WHEN 'none' THEN NULL
                         ELSE %(next_cut_off)s::date + 160 + (turn * 91)::int
               END AS due_on,
               kind IN ('closed', 'ended') AS settled
          FROM kinds
    ), reported AS (
        SELECT *,
               CASE WHEN kind = 'silent' THEN %(periods)s - 1
                    WHEN settled THEN 0
                    WHEN mix %% 100 = 7 THEN least(2, %(periods)s - 1)
                    WHEN mix %% 25 = 7 THEN 1
                    ELSE 0 END AS gone,
               CASE WHEN kind IN ('closed', 'ended', 'silent') OR mix %% 25 = 7 THEN ''
                    WHEN turn < 4 THEN 'submitted'
                    WHEN turn < 7 THEN 'approved'
                    ELSE '' END AS newest
          FROM dated
    )
    SELECT *,
           CASE WHEN due_on IS NULL THEN kind ELSE 'date' END AS due_kind,
           CASE WHEN settled OR kind = 'suspended' THEN kind ELSE 'active' END AS state,
           CASE WHEN settled THEN %(today)s::date - 10 - (mix %% 90)::int END AS closed_on,
           CASE WHEN kind = 'late' THEN due_on + 1 END AS overdue_since,
           CASE WHEN kind = 'fresh' THEN due_on ELSE %(today)s::date END AS judged,
           CASE WHEN kind IN ('behind', 'difficult', 'impossible') THEN kind
                WHEN mix %% 5 = 0 THEN 'ahead' ELSE 'normal' END AS judgement,
           CASE WHEN newest = 'approved' THEN %(periods)s - 1
                ELSE greatest(%(periods)s - 2 - gone, -1) END AS heard,
           CASE WHEN newest <> '' THEN %(periods)s - 1
                ELSE greatest(%(periods)s - 2 - gone, -1) END AS told,
           lead + 1 + (id %% 7) AS second, lead + 9 + (id %% 9) AS third
      FROM reported
"""

# What holds of a row, in the order of the rules; the worst shows, the other warnings stand beside.
MARKS = """
    CREATE TEMP TABLE bulk_mark ON COMMIT DROP AS
    SELECT r.id, shown.light, shown.light_order, shown.cause, shown.reason,
           jsonb_build_object(
               'cause', shown.cause, 'rule', shown.rule, 'figure', shown.figure,
               'as_of', shown.as_of, 'who', shown.who, 'others', coalesce(shown.others, '[]')
           ) AS facts,
           CASE WHEN r.settled THEN ''
                WHEN newest <> '' THEN 'in'
                WHEN gone > 0 THEN 'miss'
                ELSE 'due' END AS mark,
           CASE WHEN r.settled THEN ''
                WHEN newest <> '' THEN CASE WHEN two THEN '已报 2/2' ELSE '已报' END
                WHEN gone > 1 THEN '连续' || gone || '期未报'
                WHEN gone = 1 THEN '未报'
                ELSE '未到期' END AS label,
           CASE WHEN NOT r.settled THEN (
                SELECT min(day)
                  FROM (VALUES (%(cut_off)s::date + 1), (r.due_on - 30), (r.due_on + 1)) AS v (day)
                 WHERE day > r.judged
                ) END AS changes_on
      FROM bulk_row AS r
      JOIN (VALUES ('normal', '正常推进'), ('ahead', '超序时进度'), ('behind', '滞后'),
                   ('difficult', '有困难'), ('impossible', '不能完成')) AS w (code, label)
           ON w.code = r.judgement
      JOIN agencies_agency AS a ON a.id = r.lead
      JOIN agencies_agency AS b ON b.id = r.second
      LEFT JOIN plans_planperiod AS pp
             ON pp.id = (r.plan_id - 1) * %(entered)s + %(entered)s - %(periods)s + r.heard + 1
     CROSS JOIN LATERAL (
           SELECT light, light_order, cause, reason, rule, figure, as_of, who,
                  lead(others) OVER place AS others
             FROM (SELECT *,
                          jsonb_agg(light_name || '：' || reason || '（' || rule || '）')
                              FILTER (WHERE light_order < 2)
                              OVER (ORDER BY light_order, place
                                    ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS others
                     FROM (VALUES
            (0, r.settled, CASE r.kind WHEN 'closed' THEN 5 ELSE 6 END,
             CASE r.kind WHEN 'closed' THEN 'closed' ELSE 'ended' END, '', 'settled', '',
             CASE r.kind WHEN 'closed' THEN '任务已办结' ELSE '任务终止' END || '，不再计灯', '',
             NULL::date, ''),
            (1, r.due_on < r.judged AND r.kind NOT IN ('soft', 'suspended'), 0, 'red', '红',
             'overdue', '逾期', '完成时限已过，任务未办结', '最后一日 ' || r.due_on, NULL, ''),
            (2, r.heard >= 0,
             CASE r.judgement WHEN 'impossible' THEN 0 WHEN 'behind' THEN 1 WHEN 'difficult' THEN 1
                              ELSE 4 END,
             CASE r.judgement WHEN 'impossible' THEN 'red' WHEN 'behind' THEN 'amber'
                              WHEN 'difficult' THEN 'amber' ELSE 'green' END,
             CASE r.judgement WHEN 'impossible' THEN '红' ELSE '黄' END,
             CASE WHEN r.judgement IN ('normal', 'ahead') THEN 'well' ELSE r.judgement END,
             CASE WHEN r.judgement IN ('normal', 'ahead') THEN '' ELSE '认定：' END || w.label,
             '认定为' || w.label, '', pp.data_as_of, a.name || '报，' || %(judge)s || '认定'),
            (3, r.heard >= 0 AND r.two,
             CASE r.judgement WHEN 'impossible' THEN 0 WHEN 'behind' THEN 1 WHEN 'difficult' THEN 1
                              ELSE 4 END,
             CASE r.judgement WHEN 'impossible' THEN 'red' WHEN 'behind' THEN 'amber'
                              WHEN 'difficult' THEN 'amber' ELSE 'green' END,
             CASE r.judgement WHEN 'impossible' THEN '红' ELSE '黄' END,
             CASE WHEN r.judgement IN ('normal', 'ahead') THEN 'well' ELSE r.judgement END,
             CASE WHEN r.judgement IN ('normal', 'ahead') THEN '' ELSE '认定：' END || w.label,
             '认定为' || w.label, '', pp.data_as_of, b.name || '报，' || %(judge)s || '认定'),
            (4, r.due_on >= r.judged AND r.due_on < %(next_cut_off)s AND r.kind <> 'suspended', 1,
             'amber', '黄', 'last_report', '本期是时限前最后一次报送', '下一次报送截止晚于完成时限',
             '时限 ' || r.due_on || '，下次截止 ' || %(next_cut_off)s::date, NULL, ''),
            (5, r.due_on < r.judged AND r.kind = 'soft', 1, 'amber', '黄', 'soft_passed',
             '已过力争时限', '力争时限已过，不算逾期', '最后一日 ' || r.due_on, NULL, ''),
            (6, r.heard < 0, 3, 'nodata', '无数据', 'no_report', '尚无进展',
             '还没有收到可计灯的进展', '', NULL, '')
                     ) AS f (place, holds, light_order, light, light_name, cause, reason, rule,
                             figure, as_of, who)
                    WHERE holds AND (place = 0 OR NOT r.settled)) AS found
           WINDOW place AS (ORDER BY light_order, place)
            ORDER BY light_order, place
            LIMIT 1
           ) AS shown
"""

TASKS = """
    INSERT INTO tasks_task (id, plan_id, number, position, category, title, content, note, cells,
                            state, closed_on, consolidator_id, consolidator_basis, due_kind, due_on,
                            due_soft, overdue_since, light, light_order, light_reason, light_facts,
                            report_mark, report_label, marks_on, marks_next, last_progress_id,
                            version)
    SELECT r.id, plan_id, place::text, place * 1024,
           jsonb_build_array('第' || (place - 1) / 50 + 1 || '部分'), '', said, '',
           jsonb_build_array(place::text, said, a.name, due, '', ''),
           state, closed_on, lead, '', due_kind, due_on, kind = 'soft', overdue_since, light,
           light_order, reason, facts, mark, label, judged, changes_on,
           CASE WHEN told >= 0 THEN ((r.id - 1) * %(periods)s + told) * 2 + 1 END, 1
      FROM bulk_row AS r
      JOIN bulk_mark AS m USING (id)
      JOIN agencies_agency AS a ON a.id = r.lead
     CROSS JOIN LATERAL (
           SELECT CASE WHEN r.due_on IS NULL THEN '持续推进' ELSE r.due_on || '前完成' END AS due,
                  '落实第' || r.id || '号工作：完善制度，压实责任，推动' || 10 + mix %% 90 ||
                  '个项目落地见效，按期完成年度任务并形成可复制的做法。' AS said
           ) AS words
     ORDER BY r.id
"""

# one row in ten was extended once
DEADLINES = """
    INSERT INTO tasks_deadline (id, task_id, sequence, current, from_table, text, kind, due_on,
                                starts_on, soft, every, milestone, others, basis, recorded_on)
    SELECT id * 2 - 2 + sequence, id, sequence, sequence = 2 OR NOT extended, sequence = 1,
           CASE due_kind WHEN 'date' THEN day || '前' WHEN 'ongoing' THEN '持续推进'
                         WHEN 'unresolved' THEN '视情况而定' ELSE '' END,
           due_kind, day, NULL, kind = 'soft', '', '', '[]', '原表',
           %(today)s::date - 800 + sequence
      FROM bulk_row
     CROSS JOIN LATERAL (SELECT kind = 'dated' AND turn IN (3, 7) AS extended) AS e
     CROSS JOIN generate_series(1, CASE WHEN extended THEN 2 ELSE 1 END) AS sequence
     CROSS JOIN LATERAL (
           SELECT CASE WHEN extended AND sequence = 1 THEN due_on - 365 ELSE due_on END AS day
           ) AS d
"""

ASSIGNMENTS = """
    INSERT INTO tasks_assignment (id, task_id, agency_id, name, role, word, also, collective,
                                  derived_from, position)
    SELECT (r.id - 1) * 3 + position, r.id, a.id, a.name,
           CASE WHEN position = 1 OR (position = 2 AND two) THEN 'lead' ELSE 'support' END,
           CASE WHEN position = 1 OR (position = 2 AND two) THEN '牵头' ELSE '参加' END,
           '[]', false, '', position
      FROM bulk_row AS r
     CROSS JOIN LATERAL (VALUES (1, lead), (2, second), (3, third)) AS p (position, agency_id)
      JOIN agencies_agency AS a ON a.id = p.agency_id
     ORDER BY r.id
"""

# Period by period, as they come to be. A settled row owed nothing when the newest was opened.
DUTIES = """
    INSERT INTO tasks_duty (id, task_id, agency_id, plan_period_id)
    SELECT ((id - 1) * %(periods)s + %(period)s) * 2 + unit, id,
           CASE unit WHEN 1 THEN lead ELSE second END,
           (plan_id - 1) * %(entered)s + %(entered)s - %(periods)s + %(period)s + 1
      FROM bulk_row
     CROSS JOIN generate_series(1, CASE WHEN two THEN 2 ELSE 1 END) AS unit
     WHERE %(period)s < %(periods)s - 1 OR NOT settled
     ORDER BY id
"""

PROGRESS = """
    INSERT INTO tasks_progress (id, duty_id, text, unchanged, whole_text, whole_missing,
                                self_assessment, problems, next_step, state, first_submitted_on,
                                counted_on, submitted_on, delivered_on, delivered, submitted_by,
                                entered_by, source_name, sign_step, signed_by, return_reason,
                                judgement, judgement_reason, judged_by, judged_on, version)
    SELECT d.id, d.id,
           '截至' || pp.data_as_of || '，第' || r.id || '号工作已完成'
           || 20 + (r.mix + %(period)s * 7) %% 80
           || '个项目，建立台账并逐项销号，其余项目正按计划推进，预计按期完成。',
           '', '', '[]', r.judgement,
           CASE WHEN r.judgement IN ('behind', 'difficult') THEN '资金和用地指标不足。' ELSE '' END,
           CASE WHEN r.judgement IN ('behind', 'difficult') THEN '商有关单位研究解决。' ELSE '' END,
           CASE WHEN approved THEN 'approved' ELSE 'submitted' END, day, day, day, day, '{}',
           '测速填报员', '', '', 1, '', '',
           CASE WHEN approved THEN r.judgement ELSE '' END, '',
           CASE WHEN approved THEN %(judge)s ELSE '' END,
           CASE WHEN approved THEN least(pp.cut_off + 3, %(today)s::date) END, 1
      FROM bulk_row AS r
     CROSS JOIN generate_series(1, CASE WHEN two THEN 2 ELSE 1 END) AS unit
      JOIN tasks_duty AS d ON d.id = ((r.id - 1) * %(periods)s + %(period)s) * 2 + unit
      JOIN plans_planperiod AS pp ON pp.id = d.plan_period_id
     CROSS JOIN LATERAL (
           SELECT least(pp.cut_off, %(today)s::date) - (r.turn %% 5)::int - 1 AS day,
                  %(period)s < %(periods)s - 1 OR newest = 'approved' AS approved
           ) AS w
     WHERE CASE WHEN %(period)s < %(periods)s - 1 THEN %(period)s < %(periods)s - 1 - gone
                ELSE newest <> '' END
     ORDER BY d.id
"""

# of the newest period what is stored now; of those before it how the row stood then
PERIOD_MARKS = """
    INSERT INTO tasks_periodmark (task_id, plan_period_id, light, light_reason, light_facts,
                                  report_mark, report_label, marked_on)
    SELECT r.id, pp.id,
           CASE WHEN now THEN light ELSE 'green' END,
           CASE WHEN now THEN reason ELSE '正常推进' END,
           CASE WHEN now THEN facts ELSE '{"cause": "well", "rule": "认定为正常推进"}' END,
           CASE WHEN now THEN mark ELSE 'in' END, CASE WHEN now THEN label ELSE '已报' END,
           CASE WHEN now THEN judged ELSE pp.cut_off + 10 END
      FROM bulk_row AS r
      JOIN bulk_mark AS m USING (id)
     CROSS JOIN LATERAL (SELECT %(period)s = %(periods)s - 1 AS now) AS n
      JOIN plans_planperiod AS pp
           ON pp.id = (r.plan_id - 1) * %(entered)s + %(entered)s - %(periods)s + %(period)s + 1
     ORDER BY r.id
"""

# The current one, and as many before it as there are periods before the one under way but one.
SPANS = """
    INSERT INTO tasks_markspan (task_id, plan_id, since, until, state, light, cause, light_reason,
                                due_on)
    SELECT r.id, plan_id, began - back * 90, CASE WHEN back > 0 THEN began - (back - 1) * 90 END,
           CASE WHEN back = 0 THEN state ELSE 'active' END,
           CASE WHEN back = 0 THEN light ELSE 'green' END,
           CASE WHEN back = 0 THEN cause ELSE 'well' END,
           CASE WHEN back = 0 THEN reason WHEN back %% 2 = 0 THEN '正常推进' ELSE '超序时进度' END,
           due_on
      FROM bulk_row AS r
      JOIN bulk_mark AS m USING (id)
     CROSS JOIN LATERAL (
           SELECT coalesce(overdue_since, closed_on,
                           %(today)s::date - 110 - (mix %% 60)::int) AS began
           ) AS b
     CROSS JOIN generate_series(0, %(periods)s - 2) AS back
     ORDER BY r.id, back DESC
"""

# In which order they are filled; those of PER_PERIOD once for each period that duties are owed in.
ONCE = (ROWS, "ANALYZE bulk_row", MARKS, "ANALYZE bulk_mark", TASKS, DEADLINES, ASSIGNMENTS)
PER_PERIOD = (DUTIES, PROGRESS, PERIOD_MARKS)
LAST = (SPANS, "DROP TABLE bulk_mark, bulk_row")

TABLES = (
    "tasks_task",
    "tasks_deadline",
    "tasks_assignment",
    "tasks_duty",
    "tasks_progress",
    "tasks_periodmark",
    "tasks_markspan",
)
# Rows are written before what guards them is there again: foreign keys of a thousand rows are
# checked one by one, those of a table all at once.
GUARDS = """
    SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                  pg_get_constraintdef(oid))
      FROM pg_constraint
     WHERE contype IN ('f', 'u') AND conrelid = ANY(%(tables)s::regclass[])
     ORDER BY contype DESC, conname
"""
INDEXES = """
    SELECT format('DROP INDEX %%I', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
      FROM pg_index AS i
     WHERE i.indrelid = ANY(%(tables)s::regclass[])
       AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
     ORDER BY i.indexrelid::regclass::text
"""

"""Projections with what lists show; they follow from the log, so the old ones are dropped: ``dajing casework rebuild``."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_queue")]

    operations = [
        migrations.DeleteModel(name="Case"),
        migrations.DeleteModel(name="ClockRow"),
        migrations.AddField(model_name="caseevent", name="sealed", field=models.BinaryField(null=True)),
        migrations.CreateModel(
            name="AccessRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("case", models.CharField(max_length=80)),
                ("department", models.CharField(max_length=60)),
            ],
            options={
                "indexes": [models.Index(fields=["case"], name="access_case")],
                "constraints": [models.UniqueConstraint(fields=("department", "case"), name="access_place")],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60)),
                ("state", models.CharField(max_length=40)),
                ("seq", models.PositiveIntegerField()),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("area", models.CharField(blank=True, max_length=20)),
                ("open", models.BooleanField()),
                ("main", models.CharField(blank=True, max_length=80)),
                ("due", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("body", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "open", "due", "id"], name="case_list"),
                    models.Index(
                        condition=models.Q(("subject", ""), _negated=True),
                        fields=["subject", "id"],
                        name="case_subject",
                    ),
                    models.Index(condition=models.Q(("main", ""), _negated=True), fields=["main"], name="case_main"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("case", models.CharField(max_length=80)),
                ("run", models.PositiveIntegerField()),
                ("clock", models.CharField(max_length=60)),
                ("started", models.DateTimeField()),
                ("stopped", models.DateTimeField(null=True)),
                ("warn_at", models.DateTimeField(null=True)),
                ("due", models.DateTimeField(null=True)),
                ("provisional", models.BooleanField()),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="clock_next"),
                    models.Index(
                        condition=models.Q(("provisional", True), ("stopped__isnull", True)),
                        fields=["case"],
                        name="clock_provisional",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("case", "run"), name="clock_place")],
            },
        ),
    ]

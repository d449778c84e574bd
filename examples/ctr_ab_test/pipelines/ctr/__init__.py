"""Click-through rate and an A/B test from a web server's hourly logs, in plain Luigi.

    HourlyLog x 168 -> HourlyRollup x 168 -> DailyTable x 7 -> AbReport -> charts -> Publish
                                               (and a CampaignTest for each campaign it finds)

Nothing here knows which engine runs it. A task reads its inputs, writes its own output by rename,
and writes the same bytes whenever and wherever it runs.
"""

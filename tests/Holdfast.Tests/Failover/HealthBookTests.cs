using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>Candidates that fail are spared, tried by one request, and well again with its success.</summary>
public sealed class HealthBookTests
{
    private const string Upstream = "anthropic";
    private const string Key = "ANTHROPIC_API_KEY";
    private const string Model = "claude-opus-4-6";
    private const string OtherModel = "claude-haiku-4-5";

    private readonly HealthBook _book = new(new CooldownOptions());
    private DateTimeOffset _now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private Availability Now(string? model = Model) => _book.Of(new(Upstream, Key, model), _now);

    private TimeSpan Left(string? model = Model) => Now(model) is { State: HealthState.Cooling } cooling
        ? cooling.Until - _now
        : TimeSpan.Zero;

    private void Fail(Classification verdict, string? model = Model, DateTimeOffset? sent = null) =>
        _book.Failed(new(Upstream, Key, model), verdict, _now, sent);

    private void Succeed(string? model = Model, DateTimeOffset? sent = null) =>
        _book.Succeeded(new(Upstream, Key, model), _now, sent);

    private bool TryProbe(string? model = Model) => _book.TryProbe(new(Upstream, Key, model), _now);

    private void Wait(TimeSpan time) => _now += time;

    private void WaitForTheEnd(string? model = Model) => _now = Now(model).Until;

    [Fact]
    public void What_never_failed_is_ready()
    {
        Assert.Equal(default, Now());
        Assert.Equal(HealthState.Ready, Now().State);
        Assert.True(TryProbe());
        Assert.Empty(_book.Snapshot(_now));
    }

    /// <summary>Reason, kind, seconds the upstream asks to wait, failures it takes, how long the candidate is spared the first
    /// to the fourth time, whether that holds for every model.</summary>
    public static TheoryData<string, string?, double?, int, string[], bool> Lengths => new()
    {
        { "rate_limit", null, null, 1, ["00:01:00", "00:05:00", "00:25:00", "01:00:00", "01:00:00"], false },
        { "rate_limit", null, 17.0, 1, ["00:00:17", "00:00:17", "00:00:17"], false },
        { "rate_limit", null, 0.2, 1, ["00:00:01"], false },
        { "rate_limit", null, 400_000.0, 1, ["1.00:00:00"], false },
        { "overloaded", null, null, 1, ["00:01:00", "00:05:00", "00:25:00", "01:00:00"], false },
        { "overloaded", null, 30.0, 1, ["00:00:30"], false },
        { "billing", null, null, 1, ["05:00:00", "10:00:00", "20:00:00", "1.00:00:00", "1.00:00:00"], true },
        { "billing", null, 36_000.0, 1, ["10:00:00", "10:00:00", "10:00:00"], true },
        { "billing", null, 200_000.0, 1, ["1.00:00:00"], true },
        { "auth", null, null, 1, ["05:00:00", "10:00:00", "20:00:00", "1.00:00:00"], true },
        { "auth", "permission", null, 1, ["05:00:00", "10:00:00", "20:00:00", "1.00:00:00"], false },
        { "auth_permanent", null, null, 1, ["1.00:00:00", "1.00:00:00"], true },
        { "model_not_found", null, null, 1, ["00:05:00", "00:25:00", "01:00:00", "01:00:00"], false },
        { "timeout", "timeout_first_byte", null, 1, ["00:01:00", "00:05:00", "00:25:00", "01:00:00"], false },
        { "timeout", "timeout_connect", null, 1, ["00:01:00", "00:05:00"], false },
        { "timeout", "timeout_idle", null, 1, ["00:01:00", "00:05:00"], false },
        { "timeout", "timeout_idle", 90.0, 1, ["00:01:30", "00:05:00"], false },
        { "tls_certificate", null, null, 1, ["00:01:00", "00:05:00"], false },
        { "timeout", "conn_reset_early", null, 3, ["00:01:00", "00:05:00", "00:25:00", "01:00:00"], false },
        { "timeout", "dns", null, 3, ["00:01:00", "00:05:00"], false },
        { "timeout", "conn_refused", null, 3, ["00:01:00", "00:05:00"], false },
        { "timeout", "stream_truncated", null, 3, ["00:01:00", "00:05:00"], false },
        { "server_error", null, null, 3, ["00:01:00", "00:05:00"], false },
        { "empty_response", null, null, 3, ["00:01:00"], false },
        { "no_error_details", null, null, 3, ["00:01:00"], false },
    };

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_failure_spares_its_candidate_as_long_as_the_table_says(
        string reason, string? kind, double? retryAfter, int failures, string[] lengths, bool isForAllModels)
    {
        var verdict = GivenVerdicts.Of(reason, kind, retryAfter);
        for (var i = 1; i < failures; i++)
        {
            Fail(verdict);
            Assert.Equal(HealthState.Ready, Now().State);
        }

        foreach (var length in lengths)
        {
            Fail(verdict);

            Assert.Equal((HealthState.Cooling, TimeSpan.Parse(length), verdict.Reason), (Now().State, Left(), Now().Reason));
            Assert.Equal(isForAllModels, Now(OtherModel).State == HealthState.Cooling);
            Assert.Equal(HealthState.Ready, _book.Of(new("second", Key, Model), _now).State);
            Assert.Equal(HealthState.Ready, _book.Of(new(Upstream, "SECOND_KEY", Model), _now).State);
            WaitForTheEnd();
            Assert.Equal(HealthState.ProbeDue, Now().State);
            Assert.True(TryProbe());
        }
    }

    [Theory]
    [InlineData("format", null)]
    [InlineData("context_overflow", null)]
    [InlineData("refusal", null)]
    [InlineData("session_expired", null)]
    [InlineData("unclassified", null)]
    [InlineData("none", null)]
    [InlineData("none", "client_gone")]
    public void A_failure_that_says_nothing_of_the_candidate_is_neutral(string reason, string? kind)
    {
        for (var i = 0; i < 10; i++)
        {
            Fail(GivenVerdicts.Of(reason, kind));
        }

        Assert.Equal(HealthState.Ready, Now().State);
        Assert.Equal(0, _book.Version);
    }

    [Fact]
    public void A_request_without_a_model_cannot_have_named_a_wrong_one()
    {
        Fail(GivenVerdicts.Of("model_not_found"), model: null);

        Assert.Equal(HealthState.Ready, Now(null).State);
        Assert.Equal(HealthState.Ready, Now().State);
    }

    [Theory]
    [InlineData("rate_limit", true, false)]
    [InlineData("overloaded", true, false)]
    [InlineData("auth", false, true)]
    [InlineData("auth_permanent", false, true)]
    [InlineData("billing", false, true)]
    [InlineData("model_not_found", false, false)]
    [InlineData("tls_certificate", false, false)]
    public void Limits_and_blocks_are_told_apart(string reason, bool isLimit, bool isBlocked)
    {
        Fail(GivenVerdicts.Of(reason));

        Assert.Equal((isLimit, isBlocked), (Now().IsLimit, Now().IsBlocked));
    }

    [Fact]
    public void The_worse_of_credential_and_model_counts()
    {
        Fail(GivenVerdicts.RateLimit());
        Assert.Equal(FailureReason.RateLimit, Now().Reason);

        Fail(GivenVerdicts.Auth(), OtherModel);

        Assert.Equal((FailureReason.Auth, TimeSpan.FromHours(5)), (Now().Reason, Left()));
        Assert.Equal(FailureReason.Auth, Now(null).Reason);

        // The model's cooldown is over long since, the credential's still holds.
        Wait(TimeSpan.FromHours(1));
        Assert.Equal((HealthState.Cooling, FailureReason.Auth), (Now().State, Now().Reason));
    }

    [Fact]
    public void Exactly_one_request_at_a_time_may_be_the_probe()
    {
        Fail(GivenVerdicts.RateLimit());
        Assert.False(TryProbe());
        WaitForTheEnd();

        Assert.Equal(HealthState.ProbeDue, Now().State);
        Assert.True(TryProbe());

        Assert.False(TryProbe());
        Assert.Equal((HealthState.Cooling, FailureReason.RateLimit), (Now().State, Now().Reason));
        Assert.Equal(TimeSpan.FromSeconds(30), Left());
    }

    [Fact]
    public void A_probe_that_succeeds_makes_the_candidate_ready_and_its_steps_begin_anew()
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        TryProbe();

        Succeed();

        Assert.Equal(HealthState.Ready, Now().State);
        Assert.Empty(_book.Snapshot(_now));
        Fail(GivenVerdicts.RateLimit());
        Assert.Equal(TimeSpan.FromMinutes(1), Left());
    }

    [Fact]
    public void A_probe_by_one_model_makes_the_whole_credential_ready()
    {
        Fail(GivenVerdicts.Auth());
        WaitForTheEnd();
        Assert.True(TryProbe());
        Assert.False(TryProbe(OtherModel));

        Succeed();

        Assert.Equal(HealthState.Ready, Now(OtherModel).State);
    }

    [Fact]
    public void A_prober_that_died_leaves_the_probe_to_another_after_half_a_minute()
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        TryProbe();

        Wait(TimeSpan.FromSeconds(29.9));
        Assert.False(TryProbe());
        Wait(TimeSpan.FromSeconds(0.1));

        Assert.Equal(HealthState.ProbeDue, Now().State);
        Assert.True(TryProbe());
    }

    [Fact]
    public void A_probe_that_found_nothing_out_is_given_to_the_next_at_once()
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        TryProbe();

        Fail(GivenVerdicts.Of("format"));

        Assert.True(TryProbe());
    }

    [Fact]
    public void A_request_older_than_the_probe_does_not_end_it()
    {
        var sent = _now;
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        TryProbe();

        Fail(GivenVerdicts.Of("format"), sent: sent);

        Assert.False(TryProbe());
    }

    [Theory]
    [InlineData("timeout", "conn_reset_early")]
    [InlineData("server_error", null)]
    [InlineData("overloaded", null)]
    public void A_failed_probe_takes_the_next_step_however_it_failed(string reason, string? kind)
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        TryProbe();

        Fail(GivenVerdicts.Of(reason, kind));

        Assert.Equal(TimeSpan.FromMinutes(5), Left());
    }

    [Fact]
    public void Where_the_upstream_says_how_long_the_step_stays()
    {
        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 20));
        WaitForTheEnd();
        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 20));
        WaitForTheEnd();

        Fail(GivenVerdicts.RateLimit());

        Assert.Equal(TimeSpan.FromMinutes(1), Left());
    }

    [Fact]
    public void Failures_of_requests_under_way_do_not_take_the_next_step()
    {
        for (var i = 0; i < 20; i++)
        {
            Fail(GivenVerdicts.RateLimit());
            Fail(GivenVerdicts.Silent());
            Fail(GivenVerdicts.LostConnection());
        }

        Assert.Equal(TimeSpan.FromMinutes(1), Left());
        Assert.Equal(1, Assert.Single(_book.Snapshot(_now)).Step);
    }

    [Fact]
    public void Failures_of_requests_under_way_may_prolong_what_the_upstream_asks_for_and_never_shorten_it()
    {
        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 40));

        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 10));
        Assert.Equal(TimeSpan.FromSeconds(40), Left());

        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 90));
        Assert.Equal(TimeSpan.FromSeconds(90), Left());
    }

    [Fact]
    public void A_refusal_for_good_outweighs_a_cooldown_that_runs()
    {
        Fail(GivenVerdicts.RateLimit());
        Fail(GivenVerdicts.Of("auth", "permission"));
        Assert.Equal((TimeSpan.FromHours(5), FailureReason.Auth), (Left(), Now().Reason));

        Fail(GivenVerdicts.Of("billing"));
        Fail(GivenVerdicts.Of("auth_permanent"));

        Assert.Equal((TimeSpan.FromHours(24), FailureReason.AuthPermanent), (Left(), Now().Reason));
    }

    [Fact]
    public void The_failure_of_a_request_from_before_the_cooldown_is_no_failed_probe()
    {
        var sent = _now;
        Fail(GivenVerdicts.RateLimit());
        Wait(TimeSpan.FromMinutes(2));

        Fail(GivenVerdicts.LostConnection(), sent: sent - TimeSpan.FromMinutes(1));

        Assert.Equal(HealthState.ProbeDue, Now().State);
    }

    [Fact]
    public void The_success_of_a_request_from_before_the_cooldown_does_not_end_it()
    {
        var sent = _now;
        Wait(TimeSpan.FromSeconds(10));
        Fail(GivenVerdicts.RateLimit());

        Succeed(sent: sent);
        Assert.Equal(HealthState.Cooling, Now().State);

        // Asked in spite of the cooldown, since there was nobody else.
        Wait(TimeSpan.FromSeconds(1));
        Succeed(sent: _now);
        Assert.Equal(HealthState.Ready, Now().State);
    }

    [Theory]
    [InlineData(23.9, "00:05:00")]
    [InlineData(24.0, "00:01:00")]
    public void The_steps_begin_anew_a_day_after_the_last_cooldown(double hours, string length)
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        Wait(TimeSpan.FromHours(hours));

        Assert.Equal(hours < 24 ? HealthState.ProbeDue : HealthState.Ready, Now().State);
        Fail(GivenVerdicts.RateLimit());

        Assert.Equal(TimeSpan.Parse(length), Left());
    }

    [Fact]
    public void Three_failures_in_a_row_open_the_circuit_and_a_success_between_them_does_not()
    {
        Fail(GivenVerdicts.LostConnection());
        Fail(GivenVerdicts.Of("server_error"));
        Succeed();
        Fail(GivenVerdicts.LostConnection());
        Fail(GivenVerdicts.LostConnection());
        Assert.Equal(HealthState.Ready, Now().State);

        Fail(GivenVerdicts.LostConnection());

        Assert.Equal(HealthState.Cooling, Now().State);
    }

    [Fact]
    public void Failures_that_lie_far_apart_are_no_row()
    {
        for (var i = 0; i < 10; i++)
        {
            Fail(GivenVerdicts.LostConnection());
            Wait(TimeSpan.FromMinutes(10.1));
        }

        Assert.Equal(HealthState.Ready, Now().State);
    }

    /// <summary>Outcomes a second apart, f failed and s succeeded, and whether the circuit is open after them.</summary>
    [Theory]
    [InlineData("ff", false)]
    [InlineData("fff", true)]
    [InlineData("fsfsf", false)]
    [InlineData("fsfssf", true)]
    [InlineData("ffsffs", false)]
    [InlineData("fssssf", false)]
    [InlineData("fsssfsff", true)]
    [InlineData("fsssssssssfsff", false)]
    [InlineData("fssssssfff", true)]
    public void Half_of_six_outcomes_failed_open_the_circuit(string outcomes, bool isOpen)
    {
        foreach (var outcome in outcomes)
        {
            Wait(TimeSpan.FromSeconds(1));
            if (outcome == 'f')
            {
                Fail(GivenVerdicts.LostConnection());
            }
            else
            {
                Succeed();
            }
        }

        Assert.Equal(isOpen ? HealthState.Cooling : HealthState.Ready, Now().State);
    }

    [Fact]
    public void Outcomes_of_more_than_a_minute_ago_do_not_count()
    {
        for (var i = 0; i < 30; i++)
        {
            Fail(GivenVerdicts.LostConnection());
            Wait(TimeSpan.FromSeconds(12.5));
            Succeed();
            Wait(TimeSpan.FromSeconds(12.5));
        }

        Assert.Equal(HealthState.Ready, Now().State);
    }

    [Fact]
    public void A_circuit_that_was_open_starts_with_a_clean_slate()
    {
        for (var i = 0; i < 3; i++)
        {
            Fail(GivenVerdicts.LostConnection());
        }

        WaitForTheEnd();
        Succeed();

        Fail(GivenVerdicts.LostConnection());
        Fail(GivenVerdicts.LostConnection());
        Assert.Equal(HealthState.Ready, Now().State);
    }

    [Fact]
    public void Switched_off_everything_is_ready_and_nothing_is_remembered()
    {
        var book = new HealthBook(new CooldownOptions { Enabled = false });

        book.Failed(new(Upstream, Key, Model), GivenVerdicts.Auth(), _now);
        book.Restore([Saved(_now.AddHours(1))], _now);

        Assert.Equal(default, book.Of(new(Upstream, Key, Model), _now));
        Assert.True(book.TryProbe(new(Upstream, Key, Model), _now));
        Assert.Empty(book.Snapshot(_now));
        Assert.Equal(0, book.Version);
    }

    [Fact]
    public void A_snapshot_tells_everything_but_the_secret()
    {
        Fail(GivenVerdicts.RateLimit());
        Fail(GivenVerdicts.RateLimit());
        Fail(GivenVerdicts.Of("billing"));

        var entries = _book.Snapshot(_now);

        Assert.Equal(
            [
                new(Upstream, Key, null, HealthState.Cooling, _now.AddHours(5), 1, FailureReason.Billing, 1),
                new HealthEntry(Upstream, Key, Model, HealthState.Cooling, _now.AddMinutes(1), 1, FailureReason.RateLimit, 2),
            ],
            entries);
        Assert.Equal(HealthState.ProbeDue, _book.Snapshot(_now.AddHours(5))[0].State);
    }

    [Fact]
    public void A_restart_forgets_no_cooldown_and_no_step()
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        Fail(GivenVerdicts.RateLimit());
        Fail(GivenVerdicts.Auth());
        var after = new HealthBook(new CooldownOptions());

        after.Restore(_book.Snapshot(_now), _now);

        Assert.Equal(_book.Snapshot(_now), after.Snapshot(_now));
        _now = after.Of(new(Upstream, Key, null), _now).Until;
        after.Failed(new(Upstream, Key, Model), GivenVerdicts.RateLimit(), _now);
        after.Failed(new(Upstream, Key, Model), GivenVerdicts.Auth(), _now);
        Assert.Equal(TimeSpan.FromHours(10), after.Of(new(Upstream, Key, null), _now).Until - _now);
        Assert.Equal(3, after.Snapshot(_now)[1].Step);
    }

    [Theory]
    [InlineData(-24.1, "Ready", null)]
    [InlineData(-1, "ProbeDue", -1.0)]
    [InlineData(1, "Cooling", 1.0)]
    [InlineData(1000, "Cooling", 24.0)]
    public void What_is_restored_is_neither_long_over_nor_longer_than_a_cooldown_can_be(
        double hours, string state, double? until)
    {
        _book.Restore([Saved(_now.AddHours(hours))], _now);

        Assert.Equal(state, Now().State.ToString());
        Assert.Equal(until is null ? default : _now.AddHours(until.Value), Now().Until);
        Assert.Equal(until is null ? 0 : 1, _book.Snapshot(_now).Count);
    }

    [Fact]
    public void The_version_changes_with_every_change_worth_saving_and_no_other()
    {
        var version = _book.Version;
        bool Changed() => version != (version = _book.Version);

        Fail(GivenVerdicts.LostConnection());
        Assert.False(Changed());
        Fail(GivenVerdicts.RateLimit());
        Assert.True(Changed());
        Fail(GivenVerdicts.RateLimit());
        Assert.False(Changed());
        WaitForTheEnd();
        TryProbe();
        Assert.False(Changed());
        Succeed();
        Assert.True(Changed());
        Succeed();
        Assert.False(Changed());
    }

    [Fact]
    public void A_clients_own_credential_is_spared_and_marked_and_not_worth_saving()
    {
        var client = HealthKey.OfClient("0011223344556677");

        _book.Failed(new(Upstream, client, Model), GivenVerdicts.Auth(), _now);

        Assert.Equal(HealthState.Cooling, _book.Of(new(Upstream, client, Model), _now).State);
        Assert.True(Assert.Single(_book.Snapshot(_now)).IsClients);
        Assert.Equal(0, _book.Version);
        Assert.False(new HealthKey(Upstream, Key, null).IsClients);
    }

    [Fact]
    public void Invented_credentials_cannot_fill_the_memory_nor_push_the_gateways_own_out()
    {
        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 60));
        for (var i = 0; i < 25_000; i++)
        {
            _book.Failed(new(Upstream, HealthKey.OfClient($"{i}"), Model), GivenVerdicts.Auth(), _now);
        }

        Assert.InRange(_book.Snapshot(_now).Count, 9_000, 10_000);
        Assert.Equal(TimeSpan.FromSeconds(60), Left());
        Assert.Equal(HealthState.Cooling, _book.Of(new(Upstream, HealthKey.OfClient("24999"), Model), _now).State);
    }

    [Fact]
    public void Of_too_many_those_go_first_that_end_first()
    {
        Fail(GivenVerdicts.RateLimit(retryAfterSeconds: 3_600));
        for (var i = 0; i < 25_000; i++)
        {
            Fail(GivenVerdicts.Of("model_not_found"), $"invented-{i}");
        }

        Assert.InRange(_book.Snapshot(_now).Count, 9_000, 10_000);
        Assert.Equal(TimeSpan.FromHours(1), Left());
    }

    [Fact]
    public void While_nothing_is_wrong_asking_and_success_take_no_memory()
    {
        Fail(GivenVerdicts.RateLimit());
        var other = _book.Of(new("second", Key, Model), _now);
        Assert.Equal(HealthState.Ready, other.State);

        // The runtime compiles the methods anew while they are hot, which takes memory once.
        Assert.Contains(0, Enumerable.Range(0, 20).Select(_ => BytesOfAThousand()));
    }

    private long BytesOfAThousand()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _book.Of(new("second", Key, Model), _now);
            _book.Succeeded(new("second", Key, Model), _now, _now);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Of_many_that_ask_at_once_one_is_the_probe()
    {
        Fail(GivenVerdicts.RateLimit());
        WaitForTheEnd();
        var probes = 0;

        Parallel.For(0, 10_000, _ => Interlocked.Add(ref probes, TryProbe() ? 1 : 0));

        Assert.Equal(1, probes);
    }

    [Fact]
    public void Whatever_many_threads_report_at_once_the_book_stays_whole()
    {
        var verdicts = Lengths.Select(row => GivenVerdicts.Of(row.Data.Item1, row.Data.Item2, row.Data.Item3)).ToArray();

        Parallel.For(0, 20_000, i =>
        {
            var (key, model, now) = ($"KEY_{i % 7}", $"model-{i % 11}", _now.AddSeconds(i));
            _ = (i % 4) switch
            {
                0 => _book.TryProbe(new(Upstream, key, model), now),
                1 => _book.Of(new(Upstream, key, model), now).IsLimit,
                _ => _book.Snapshot(now).Count > 0 && i % 100 == 2,
            };
            _book.Failed(new(Upstream, key, model), verdicts[i % verdicts.Length], now);
            _book.Succeeded(new(Upstream, key, model), now);
        });
        var later = _now.AddDays(2);
        for (var i = 0; i < 77; i++)
        {
            _book.Succeeded(new(Upstream, $"KEY_{i % 7}", $"model-{i % 11}"), later);
        }

        Assert.Empty(_book.Snapshot(_now));
        Assert.True(_book.TryProbe(new(Upstream, "KEY_1", "model-1"), _now));
    }

    private static HealthEntry Saved(DateTimeOffset until) =>
        new(Upstream, Key, Model, HealthState.Cooling, until, 2, FailureReason.RateLimit, 3);
}

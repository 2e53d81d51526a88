using System.Runtime.CompilerServices;
using Holdfast.Journal;
using Holdfast.TestKit;

namespace Holdfast.Tests.Journal;

/// <summary>The journal stays within its bounds, whatever comes, and forgets the oldest first.</summary>
public sealed class TurnJournalTests
{
    private const long MegaByte = 1024 * 1024;

    private readonly ManualTime _time = new();

    [Fact]
    public void Ten_thousand_turns_take_no_more_than_is_allowed()
    {
        using var journal = new TurnJournal(new() { MaxBytes = 16 * MegaByte }, _time);
        var turns = Enumerable.Range(0, 10_000).Select(i => Lost(journal, i)).ToList();
        var event1 = new byte[700];
        for (var round = 0; round < 20; round++)
        {
            foreach (var turn in turns)
            {
                turn.Append(event1);
            }

            Assert.InRange(journal.HeldBytes, 0, 16 * MegaByte);
        }

        Assert.Contains(turns, turn => turn.IsWanted);
        Assert.All(turns, turn => Assert.Equal(turn.IsOutgrown, !turn.IsWanted));
        turns.ForEach(turn => turn.Finish(TurnEnd.Failed));
        Assert.Equal((0, 0L), (journal.Count, journal.HeldBytes));
    }

    [Fact]
    public void Whole_answers_nobody_fetched_make_room_the_oldest_first()
    {
        using var journal = new TurnJournal(new() { MaxBytes = 4 * MegaByte }, _time);
        var turns = Enumerable.Range(0, 12).Select(i =>
        {
            var turn = Lost(journal, i);
            for (var part = 0; part < 16; part++)
            {
                turn.Append(new byte[64 * 1024]);
            }

            turn.Finish(TurnEnd.Whole);
            return turn;
        }).ToList();

        Assert.InRange(journal.HeldBytes, MegaByte, 4 * MegaByte);
        Assert.False(turns[0].IsWanted);
        Assert.True(turns[^1].IsWanted);
        Assert.Equal(turns.OrderBy(turn => turn.IsWanted), turns);
    }

    [Fact]
    public void A_kept_answer_is_forgotten_after_its_time()
    {
        using var journal = new TurnJournal(new(), _time);
        var turn = Lost(journal, 1);
        turn.Append("data"u8);
        turn.Finish(TurnEnd.Whole);
        Assert.Equal((1, 1), (journal.Count, journal.Kept));

        _time.Advance(new JournalOptions().Keep);

        Assert.Equal((0, 0, 0L), (journal.Count, journal.Kept, journal.HeldBytes));
    }

    [Fact]
    public void What_is_being_read_is_not_forgotten_under_its_reader()
    {
        using var journal = new TurnJournal(new(), _time);
        var turn = Lost(journal, 1);
        turn.Append("data"u8);
        turn.Finish(TurnEnd.Whole);
        var reader = turn.Attach(turn.Request!, new Client(), () => { })!;

        _time.Advance(new JournalOptions().Keep);

        var target = new byte[10];
        Assert.Equal(4, ReadNow(reader, target));
        Assert.True(reader.IsExhausted);
        reader.Leave(hasAll: true);
        Assert.Equal((0, 0L), (journal.Count, journal.HeldBytes));
    }

    /// <summary>A slow reader must not make the journal grow: the writer waits for it.</summary>
    [Fact]
    public void A_writer_far_ahead_of_its_reader_is_told_to_wait()
    {
        using var journal = new TurnJournal(new() { MaxTurnBytes = 64 * 1024 }, _time);
        var woken = 0;
        var turn = Lost(journal, 1, () => woken++);
        turn.Append(new byte[1000]);
        var reader = turn.Attach(turn.Request!, new Client(), () => { })!;
        while (!turn.IsFull)
        {
            turn.Append(new byte[4096]);
        }

        Assert.InRange(journal.HeldBytes, 64 * 1024, 256 * 1024);
        var before = woken;
        var read = 0L;
        for (var target = new byte[8192]; turn.IsFull;)
        {
            read += ReadNow(reader, target);
        }

        Assert.True(woken > before && read > 0);

        // What it has read is dropped where more comes than may be kept: nobody else can begin anew then.
        while (ReadNow(reader, new byte[8192]) > 0)
        {
        }

        turn.Append(new byte[8192]);
        reader.Leave(hasAll: false);
        Assert.True(turn.IsOutgrown);
        Assert.Null(turn.Attach(turn.KnownRequest!, new Client(), () => { }));
    }

    [Fact]
    public void A_turn_that_ended_without_an_answer_is_known_once_and_for_a_while()
    {
        using var journal = new TurnJournal(new(), _time);
        var (one, other) = (KeyOf(1), KeyOf(2));
        journal.Remember(RequestOf(one), new("exchange-1", "upstream"));
        journal.Remember(RequestOf(other), new("exchange-2", null));

        Assert.Equal(new("exchange-1", "upstream"), journal.TakeEnded(one));
        Assert.Null(journal.TakeEnded(one));
        _time.Advance(new JournalOptions().Keep);
        Assert.Null(journal.TakeEnded(other));
        Assert.True(journal.IsEmpty);
    }

    [Fact]
    public void No_more_than_ten_thousand_ends_are_remembered()
    {
        using var journal = new TurnJournal(new(), _time);
        for (var i = 0; i < 20_000; i++)
        {
            journal.Remember(RequestOf(KeyOf(i)), new($"exchange-{i}", null));
        }

        Assert.Null(journal.TakeEnded(KeyOf(0)));
        Assert.NotNull(journal.TakeEnded(KeyOf(19_999)));
    }

    /// <summary>No text can pass for the end of another.</summary>
    [Fact]
    public void Keys_differ_wherever_anything_differs()
    {
        var keys = new[]
        {
            TurnKey.Of(1, "c", "/t", 1), TurnKey.Of(2, "c", "/t", 1), TurnKey.Of(1, null, "c/t", 1),
            TurnKey.Of(1, "", "c/t", 1), TurnKey.Of(1, "c", "/t", 2), TurnKey.Of(1, "c/", "t", 1),
            TurnKey.Of(1, "c", "/", 1, "t"), TurnKey.Of(1, "c", "/t", 1, ""),
        };

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    /// <summary>Its time runs out while it is read; its reader is lost as well.</summary>
    [Fact]
    public async Task A_kept_answer_that_was_read_in_part_is_kept_for_its_time_once_more_and_no_longer()
    {
        using var journal = new TurnJournal(new(), _time);
        var turn = Lost(journal, 1);
        turn.Append("data"u8);
        turn.Finish(TurnEnd.Whole);
        var reader = turn.Attach(turn.Request!, new Client(), () => { })!;
        _time.Advance(new JournalOptions().Keep);
        await reader.ReadAsync(new byte[2]);
        reader.Leave(hasAll: false);
        Assert.True(turn.IsWanted);

        _time.Advance(new JournalOptions().Keep);

        Assert.Equal((false, 0, 0, 0L), (turn.IsWanted, journal.Count, journal.Kept, journal.HeldBytes));
    }

    [Fact]
    public void A_turn_that_outgrew_its_bound_is_not_listed_again_when_its_client_is_lost()
    {
        using var journal = new TurnJournal(new() { MaxTurnBytes = 64 * 1024 }, _time);
        var turn = new Turn(journal, TurnTerms.Of(journal.Options), "exchange", new Client(), new Asked(RequestOf(KeyOf(1))));
        journal.Add(turn);
        turn.Append(new byte[100 * 1024]);
        Assert.True(turn.IsOutgrown);

        Assert.False(turn.LoseClient(() => { }));
        turn.Finish(TurnEnd.Failed);

        Assert.True(journal.IsEmpty);
        Assert.Null(journal.Find(RequestOf(KeyOf(1))));
    }

    /// <summary>Neither the turn nor what it held on to: its client's connection, its request.</summary>
    [Fact]
    public void A_turn_that_is_forgotten_leaves_nothing_behind()
    {
        using var journal = new TurnJournal(new(), _time);
        var turns = Enumerable.Range(0, 100).Select(i => KeptAndForgotten(journal, i, _time)).ToList();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.DoesNotContain(turns, turn => turn.TryGetTarget(out _));
        Assert.Equal((0, 0, 0L), (journal.Count, journal.Kept, journal.HeldBytes));
    }

    // Nothing is on disk here: it is read at once.
    private static int ReadNow(TurnReader reader, byte[] target) => reader.ReadAsync(target).AsTask().Result;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Turn> KeptAndForgotten(TurnJournal journal, int i, ManualTime time)
    {
        var turn = Lost(journal, i);
        turn.Append("data"u8);
        turn.Finish(TurnEnd.Whole);
        time.Advance(turn.Terms.Keep);
        return new(turn);
    }

    private static TurnRequest RequestOf(TurnKey key) => new(key, null, new AnswerForm(IsStream: true));

    private static TurnKey KeyOf(int i) => TurnKey.Of(1, null, "/v1/messages", (UInt128)i);

    private static Turn Lost(TurnJournal journal, int i, Action? wake = null)
    {
        var turn = new Turn(journal, TurnTerms.Of(journal.Options), $"exchange-{i}", new Client(),
            new Asked(new(KeyOf(i), null, new AnswerForm(IsStream: true))));
        journal.Add(turn);
        turn.LoseClient(wake ?? (() => { }));
        return turn;
    }
}

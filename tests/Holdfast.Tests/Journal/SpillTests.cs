using System.Text;
using Holdfast.Journal;
using Holdfast.TestKit;

namespace Holdfast.Tests.Journal;

/// <summary>Whole answers that memory has no room for wait on disk, the oldest first; nobody else can read them there.</summary>
public sealed class SpillTests : IDisposable
{
    private const long MegaByte = 1024 * 1024;
    private const string Secret = "what only its own client may read";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-spill-");
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_oldest_answers_go_to_disk_and_come_back_byte_for_byte()
    {
        using var journal = JournalOf(maxDiskBytes: 64 * MegaByte);
        var turns = await KeepAsync(journal, count: 40);

        Assert.InRange(journal.HeldBytes, 0, 4 * MegaByte);
        Assert.True(turns[0].IsOnDisk);
        Assert.All(turns, turn => Assert.True(turn.IsWanted));
        Assert.True(journal.DiskBytes > 0);
        for (var i = 0; i < turns.Count; i++)
        {
            Assert.Equal(AnswerOf(i), await FetchAsync(turns[i]));
        }

        Assert.Equal((0, 0, 0L, 0L), (journal.Count, journal.Kept, journal.HeldBytes, journal.DiskBytes));
    }

    [Fact]
    public async Task Nothing_can_be_read_in_the_file_and_it_has_no_name()
    {
        using var journal = JournalOf(maxDiskBytes: 64 * MegaByte);
        await KeepAsync(journal, count: 40);

        Assert.Empty(_folder.GetFileSystemInfos());
        Assert.True(journal.DiskBytes > MegaByte);
        var file = Directory.GetFiles("/proc/self/fd").Single(link => TargetOf(link)?.StartsWith(_folder.FullName, StringComparison.Ordinal) == true);
        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
        Assert.True(text.Length > MegaByte);
        Assert.DoesNotContain("only its own client", text, StringComparison.Ordinal);
    }

    // Others open and close files meanwhile.
    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [Fact]
    public async Task A_full_disk_forgets_the_oldest()
    {
        using var journal = JournalOf(maxDiskBytes: 3 * MegaByte);
        var turns = await KeepAsync(journal, count: 40);

        Assert.InRange(journal.DiskBytes, MegaByte, 3 * MegaByte);
        Assert.False(turns[0].IsWanted);
        Assert.True(turns[^1].IsWanted);
        Assert.Equal(turns.OrderBy(turn => turn.IsWanted), turns);
        var oldest = turns.FindIndex(turn => turn.IsWanted);
        Assert.True(turns[oldest].IsOnDisk);
        Assert.Equal(AnswerOf(oldest), await FetchAsync(turns[oldest]));
    }

    /// <summary>A disk that takes nothing is as none at all; nothing else suffers.</summary>
    [Fact]
    public async Task A_disk_that_takes_nothing_leaves_memory_to_what_is_newest()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "no-folder"), "");
        using var journal = JournalOf(maxDiskBytes: 64 * MegaByte, folder: "no-folder");
        var turns = await KeepAsync(journal, count: 40);

        Assert.Equal(0, journal.DiskBytes);
        Assert.InRange(journal.HeldBytes, MegaByte, 4 * MegaByte);
        Assert.False(turns[0].IsWanted);
        Assert.Equal(AnswerOf(turns.Count - 1), await FetchAsync(turns[^1]));
    }

    [Fact]
    public async Task What_is_forgotten_gives_its_place_back()
    {
        using var journal = JournalOf(maxDiskBytes: 64 * MegaByte);
        await KeepAsync(journal, count: 40);

        _time.Advance(new JournalOptions().Keep);

        Assert.Equal((0, 0, 0L, 0L), (journal.Count, journal.Kept, journal.HeldBytes, journal.DiskBytes));
    }

    /// <summary>A reader that reads while the answer moves, or leaves in the middle, gets it whole in the end.</summary>
    [Fact]
    public async Task An_answer_that_is_read_while_it_moves_stays_whole()
    {
        using var journal = JournalOf(maxDiskBytes: 64 * MegaByte);
        var turns = await KeepAsync(journal, count: 40);
        var readers = turns.Select(turn => turn.Attach(turn.Request!, new Client(), () => { })!).ToList();
        var target = new byte[1000];
        foreach (var reader in readers)
        {
            Assert.Equal(1000, await reader.ReadAsync(target));
            reader.Leave(hasAll: false);
        }

        await KeepAsync(journal, count: 10, from: 40);
        for (var i = 0; i < turns.Count; i++)
        {
            Assert.Equal(AnswerOf(i), await FetchAsync(turns[i]));
        }
    }

    private static string AnswerOf(int i) => string.Concat(Enumerable.Repeat($"{Secret} {i}. ", 200_000 / (Secret.Length + 5)));

    private static async Task<string> FetchAsync(Turn turn)
    {
        var reader = turn.Attach(turn.Request!, new Client(), () => { })!;
        var bytes = new MemoryStream();
        var target = new byte[5000];
        while (!reader.IsExhausted)
        {
            bytes.Write(target.AsSpan(0, await reader.ReadAsync(target)));
        }

        reader.Leave(hasAll: true);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private TurnJournal JournalOf(long maxDiskBytes, string folder = "") => new(
        new() { MaxBytes = 4 * MegaByte, MaxDiskBytes = maxDiskBytes }, _time,
        new SpillFile(Path.Combine(_folder.FullName, folder), maxDiskBytes));

    private static async Task<List<Turn>> KeepAsync(TurnJournal journal, int count, int from = 0)
    {
        var turns = new List<Turn>();
        for (var i = from; i < from + count; i++)
        {
            var turn = new Turn(journal, TurnTerms.Of(journal.Options), $"exchange-{i}", new Client(), new Asked(new(
                TurnKey.Of(1, null, "/v1/messages", (UInt128)i), null, new AnswerForm(IsStream: true))));
            journal.Add(turn);
            turn.LoseClient(() => { });
            turn.Begin(new(200, [], IsStream: true));
            turn.Append(Encoding.UTF8.GetBytes(AnswerOf(i)));
            turn.Finish(TurnEnd.Whole);
            await journal.Spilling;
            turns.Add(turn);
        }

        return turns;
    }
}

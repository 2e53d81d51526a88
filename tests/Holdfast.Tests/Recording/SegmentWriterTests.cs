using System.Text;
using Holdfast.Recording.Segments;
using Holdfast.TestKit;

namespace Holdfast.Tests.Recording;

public sealed class SegmentWriterTests
{
    private static readonly SegmentTerms Terms = new(
        FsyncInterval: TimeSpan.FromMilliseconds(10), SegmentBytes: 1024 * 1024, SegmentAge: TimeSpan.FromHours(1),
        MaxWaitingBytes: 1024 * 1024);

    [Fact]
    public async Task Lines_of_many_threads_are_each_written_once_and_whole()
    {
        var folder = new FakeFolder();
        var writer = New(folder, Terms with { MaxWaitingBytes = 16 * 1024 * 1024 });

        Parallel.For(0, 10_000, i => writer.Add(Line($"line {i} {new string('x', i % 300)}")));
        await writer.StopAsync(default).WithinTestTimeout();

        var lines = folder.Lines();
        Assert.Equal(10_000, lines.Count);
        Assert.Equal(
            Enumerable.Range(0, 10_000).Select(i => $"line {i} {new string('x', i % 300)}").Order(StringComparer.Ordinal),
            lines.Order(StringComparer.Ordinal));
        Assert.Equal((10_000, 10_000, 0, 0), Counts(writer));
    }

    [Fact]
    public async Task What_was_written_is_forced_onto_the_disk_within_the_interval()
    {
        var folder = new FakeFolder();
        var writer = New(folder);

        writer.Add(Line("one"));

        await folder.Flushed.WithinTestTimeout();
        Assert.Equal(["one"], folder.Lines());
        await writer.StopAsync(default).WithinTestTimeout();
        Assert.Equal((1, 1, 0, 0), Counts(writer));
    }

    [Fact]
    public async Task A_large_segment_is_completed_and_the_next_one_begun()
    {
        var folder = new FakeFolder();
        var completed = new List<string>();
        var writer = New(folder, Terms with { SegmentBytes = 1000 }, completed.Add);

        for (var i = 0; i < 50; i++)
        {
            writer.Add(Line(new string('x', 99)));
            await folder.WaitForLinesAsync(i + 1).WithinTestTimeout();
        }

        await writer.StopAsync(default).WithinTestTimeout();
        Assert.Equal(5, folder.Segments.Count);
        Assert.Equal(folder.Segments.Select(segment => segment.Name), completed);
        Assert.All(folder.Segments, segment => Assert.True(segment.IsClosed));
        Assert.Equal(50, folder.Lines().Count);
    }

    [Fact]
    public async Task Asked_to_complete_it_has_all_that_was_added_in_closed_segments_and_goes_on_in_another()
    {
        var folder = new FakeFolder();
        var writer = New(folder, Terms with { FsyncInterval = TimeSpan.FromHours(1) });
        Assert.True(await writer.CompleteAsync(default).WithinTestTimeout());
        for (var i = 1; i <= 20; i++)
        {
            writer.Add(Line($"line {i}"));

            Assert.True(await writer.CompleteAsync(default).WithinTestTimeout());

            Assert.Equal(i, folder.Lines().Count);
            Assert.Equal(i, folder.Segments.Count);
            Assert.All(folder.Segments, segment => Assert.True(segment.IsClosed));
        }

        Assert.Equal((20, 20, 0, 0), Counts(writer));
        await writer.StopAsync(default).WithinTestTimeout();
        Assert.True(await writer.CompleteAsync(default).WithinTestTimeout());
    }

    [Fact]
    public async Task Asked_to_complete_while_the_disk_refuses_it_does_so_when_it_takes_again()
    {
        var folder = new FakeFolder { Room = 0 };
        var writer = New(folder);
        writer.Add(Line("one"));

        var completion = writer.CompleteAsync(default);
        await folder.Refused.WithinTestTimeout();
        folder.Room = long.MaxValue;

        Assert.True(await completion.WithinTestTimeout());
        Assert.Equal(["one"], folder.Lines());
        Assert.True(folder.Segments[^1].IsClosed);
        await writer.StopAsync(default).WithinTestTimeout();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_disk_that_fills_up_in_the_middle_of_a_line_costs_and_doubles_nothing(int bytesThatStillFit)
    {
        var folder = new FakeFolder();
        var problems = new List<string?>();
        var writer = New(folder, problem: problems.Add);
        writer.Add(Line("before"));
        await folder.WaitForLinesAsync(1).WithinTestTimeout();

        folder.Room = bytesThatStillFit;
        writer.Add(Line("while it is full"));
        await Wait.UntilAsync(() => writer.State.Problem is not null);
        Assert.Equal("No space left on device", writer.State.Problem);
        Assert.Equal(1, writer.State.Waiting);
        folder.Room = long.MaxValue;
        writer.Add(Line("after"));
        await writer.StopAsync(default).WithinTestTimeout();

        Assert.Equal(["before", "while it is full", "after"], folder.Lines());
        Assert.Equal((3, 3, 0, 0), Counts(writer));
        Assert.Equal(["No space left on device", null], problems);
    }

    [Fact]
    public async Task Before_a_disk_that_refuses_lines_wait_and_those_beyond_the_limit_are_counted()
    {
        var folder = new FakeFolder { Room = 0 };
        var writer = New(folder, Terms with { MaxWaitingBytes = 1000 });

        var taken = Enumerable.Range(0, 20).Count(_ => writer.Add(Line(new string('x', 99))));

        Assert.Equal(10, taken);
        Assert.Equal(10, writer.State.Lost);
        Assert.Equal(10, writer.State.Waiting);
        folder.Room = long.MaxValue;
        await writer.StopAsync(default).WithinTestTimeout();
        Assert.Equal(10, folder.Lines().Count);
    }

    [Fact]
    public async Task A_slow_disk_keeps_nobody_waiting()
    {
        var folder = new FakeFolder { IsStuck = true };
        var writer = New(folder);
        writer.Add(Line("first"));
        await folder.Reached.WithinTestTimeout();

        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(writer.Add(Line($"line {i}")));
        }

        Assert.Equal(1_001, writer.State.Waiting);
        folder.IsStuck = false;
        await writer.StopAsync(default).WithinTestTimeout();
        Assert.Equal(1_001, folder.Lines().Count);
    }

    [Fact]
    public async Task What_a_disk_refuses_to_the_end_is_counted_as_lost()
    {
        var folder = new FakeFolder { Room = 0 };
        var writer = New(folder);
        writer.Add(Line("never"));
        await folder.Refused.WithinTestTimeout();

        await writer.StopAsync(default).WithinTestTimeout();

        Assert.Equal(1, writer.State.Lost);
    }

    [Fact]
    public async Task What_a_disk_refused_to_keep_is_not_called_safe()
    {
        var folder = new FakeFolder { FailsToFlush = true };
        var writer = New(folder);
        writer.Add(Line("gone"));
        await folder.Refused.WithinTestTimeout();

        folder.FailsToFlush = false;
        writer.Add(Line("kept"));
        await writer.StopAsync(default).WithinTestTimeout();

        Assert.Equal((1, 1, 0, 1), Counts(writer));
        Assert.Equal(["kept"], folder.Segments[^1].Lines());
    }

    [Fact]
    public async Task After_its_end_a_line_is_lost_and_counted()
    {
        var writer = New(new FakeFolder());
        writer.Add(Line("before"));
        await writer.StopAsync(default).WithinTestTimeout();

        Assert.False(writer.Add(Line("after")));
        Assert.Equal((1, 1, 0, 1), Counts(writer));
    }

    [Fact]
    public async Task A_segment_that_somebody_removed_is_not_written_on()
    {
        var folder = new FakeFolder();
        var writer = New(folder);
        writer.Add(Line("gone"));
        await folder.WaitForLinesAsync(1).WithinTestTimeout();

        folder.Segments[0].Exists = false;
        writer.Add(Line("noticed"));
        await folder.WaitForClosedAsync(1).WithinTestTimeout();
        writer.Add(Line("kept"));
        await writer.StopAsync(default).WithinTestTimeout();

        Assert.Equal(["kept"], folder.Segments[^1].Lines());
    }

    [Fact]
    public async Task The_folder_and_its_files_are_for_their_user_only()
    {
        using var recordings = new RecordingsFolder();

        await recordings.WriteLinesAsync("exchanges", [Line("{}").ToArray()]);

        var file = Assert.Single(Directory.EnumerateFiles(recordings.Segments));
        Assert.Equal("-rw-------", ModeOf(file));
        Assert.Equal("drwx------", ModeOf(recordings.Segments));
    }

    private static SegmentWriter New(
        ISegmentFolder folder, SegmentTerms? terms = null, Action<string>? completed = null, Action<string?>? problem = null) =>
        new("exchanges", folder, terms ?? Terms, TimeProvider.System) { Completed = completed, ProblemChanged = problem };

    private static string ModeOf(string path)
    {
        var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
        var letters = string.Concat("rwxrwxrwx".Select((letter, i) => ((int)mode & (256 >> i)) != 0 ? letter : '-'));
        return (Directory.Exists(path) ? "d" : "-") + letters;
    }

    private static ReadOnlySpan<byte> Line(string text) => Encoding.UTF8.GetBytes(text);

    private static (long Written, long Durable, long Waiting, long Lost) Counts(SegmentWriter writer)
    {
        var state = writer.State;
        return (state.Written, state.Durable, state.Waiting, state.Lost);
    }
}

using Holdfast.Recording.Projection;

namespace Holdfast.Tests.Recording.Projection;

public sealed class SeenMessagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-seen-").FullName;

    private string Path => System.IO.Path.Combine(_folder, SeenMessages.FileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_message_is_new_once_in_its_scope()
    {
        using var seen = new SeenMessages(Path);

        Assert.True(seen.Add("a", "1"));
        Assert.False(seen.Add("a", "1"));
        Assert.True(seen.Add("b", "1"));
        Assert.True(seen.Add("a", "2"));
    }

    [Fact]
    public void What_was_flushed_is_known_after_a_restart_and_what_was_not_is_new()
    {
        using (var seen = new SeenMessages(Path))
        {
            seen.Add("a", "1");
            seen.Flush();
            seen.Add("a", "2");
        }

        using var next = new SeenMessages(Path);
        Assert.Equal(8, new FileInfo(Path).Length);
        Assert.False(next.Add("a", "1"));
        Assert.True(next.Add("a", "2"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_torn_tail_costs_its_entry_only(int torn)
    {
        Write("1", "2", "3");
        using (var file = File.OpenWrite(Path))
        {
            file.SetLength(file.Length - torn);
        }

        Write("4");

        using var seen = new SeenMessages(Path);
        Assert.Equal([false, false, true, false], new[] { "1", "2", "3", "4" }.Select(id => seen.Add("a", id)));
    }

    [Fact]
    public void The_oldest_half_goes_first_and_what_is_still_sent_stays()
    {
        using var seen = new SeenMessages(Path, bound: 10);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(i == 0, seen.Add("a", "always"));
            Assert.True(seen.Add("a", $"{i}"));
            Assert.InRange(seen.Count, 1, 10);
        }

        Assert.False(seen.Add("a", "99"));
        Assert.True(seen.Add("a", "80"));
    }

    [Fact]
    public void The_file_grows_to_twice_the_bound_and_no_further()
    {
        using (var seen = new SeenMessages(Path, bound: 10))
        {
            for (var i = 0; i < 1000; i++)
            {
                seen.Add("a", $"{i}");
                seen.Flush();
                Assert.InRange(new FileInfo(Path).Length, 8, 20 * 8);
            }
        }

        using var next = new SeenMessages(Path, bound: 10);
        Assert.False(next.Add("a", "999"));
        Assert.False(next.Add("a", "996"));
        Assert.True(next.Add("a", "900"));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_begun_anew()
    {
        Write("1");
        using (new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Write("2");
        }

        using var seen = new SeenMessages(Path);
        Assert.True(seen.Add("a", "1"));
        Assert.False(seen.Add("a", "2"));
    }

    [Fact]
    public void Nobody_else_may_read_the_file()
    {
        Write("1");

        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private void Write(params string[] ids)
    {
        using var seen = new SeenMessages(Path);
        foreach (var id in ids)
        {
            seen.Add("a", id);
        }

        seen.Flush();
    }
}

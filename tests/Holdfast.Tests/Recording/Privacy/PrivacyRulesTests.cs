using Holdfast.Recording.Privacy;

namespace Holdfast.Tests.Recording.Privacy;

public sealed class PrivacyRulesTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("holdfast-privacy-");

    private string File => Path.Combine(_home.FullName, PrivacyRules.FileName);

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public void Without_a_rule_the_configuration_decides()
    {
        Assert.Equal(
            new(BodyRecording.Raw, RecordKeeping.All), PrivacyRules.Empty.For("s", "/home/me", BodyRecording.Raw));
    }

    [Theory]
    [InlineData("/home/me/work", true)]
    [InlineData("/home/me/work/", true)]
    [InlineData("/home/me/work/deep/in/it", true)]
    [InlineData("/home/me/workshop", false)]
    [InlineData("/home/me", false)]
    [InlineData("/HOME/ME/WORK", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_directory_is_itself_and_what_is_below_it_by_whole_names(string? directory, bool isMeant)
    {
        foreach (var path in new[] { "/home/me/work", "/home/me/work/" })
        {
            var rules = PrivacyRules.Empty.With(new() { Directory = path, Bodies = BodyRecording.Messages });

            Assert.Equal(isMeant, rules.For(null, directory, BodyRecording.None).Bodies == BodyRecording.Messages);
        }
    }

    [Fact]
    public void The_root_is_above_everything()
    {
        var rules = PrivacyRules.Empty.With(new() { Directory = "/", Keep = RecordKeeping.LocalOnly });

        Assert.Equal(RecordKeeping.LocalOnly, rules.For(null, "/home/me", BodyRecording.None).Keep);
        Assert.Equal(RecordKeeping.All, rules.For(null, null, BodyRecording.None).Keep);
    }

    [Fact]
    public void The_nearest_directory_goes_first_and_a_session_before_any_in_whatever_order_they_were_made()
    {
        PrivacyRule[] rules =
        [
            new() { Directory = "/a", Bodies = BodyRecording.Raw, Keep = RecordKeeping.LocalOnly },
            new() { Directory = "/a/b/", Bodies = BodyRecording.Messages },
            new() { Directory = "/a/bb", Keep = RecordKeeping.All },
            new() { Session = "s", Bodies = BodyRecording.None },
        ];
        foreach (var made in new[] { rules, [.. rules.Reverse()] })
        {
            var all = made.Aggregate(PrivacyRules.Empty, (before, rule) => before.With(rule));

            Assert.Equal(new(BodyRecording.Raw, RecordKeeping.LocalOnly), all.For(null, "/a/c", BodyRecording.None));
            Assert.Equal(new(BodyRecording.Messages, RecordKeeping.LocalOnly), all.For("other", "/a/b/c", BodyRecording.None));
            Assert.Equal(new(BodyRecording.Raw, RecordKeeping.All), all.For(null, "/a/bb", BodyRecording.None));
            Assert.Equal(new(BodyRecording.None, RecordKeeping.LocalOnly), all.For("s", "/a/b", BodyRecording.Raw));
            Assert.Equal(new(BodyRecording.None, RecordKeeping.All), all.For("s", null, BodyRecording.Raw));
        }
    }

    [Fact]
    public void Of_what_is_ignored_no_bodies_are_recorded_whatever_else_is_said_of_them()
    {
        var rules = PrivacyRules.Empty
            .With(new() { Directory = "/a", Keep = RecordKeeping.Ignore })
            .With(new() { Directory = "/a/b", Bodies = BodyRecording.Raw })
            .With(new() { Session = "s", Bodies = BodyRecording.Raw })
            .With(new() { Directory = "/a/c", Keep = RecordKeeping.All });

        Assert.Equal(new(BodyRecording.None, RecordKeeping.Ignore), rules.For("s", "/a/b", BodyRecording.Raw));
        Assert.Equal(new(BodyRecording.Raw, RecordKeeping.All), rules.For("s", "/a/c", BodyRecording.None));
    }

    [Fact]
    public void A_second_rule_for_the_same_adds_to_the_first_and_ignoring_is_taken_back_alone()
    {
        var place = new PrivacyRule { Directory = "/a" };
        var rules = PrivacyRules.Empty
            .With(place with { Bodies = BodyRecording.Messages })
            .With(place with { Keep = RecordKeeping.Ignore });

        Assert.Equal(place with { Bodies = BodyRecording.Messages, Keep = RecordKeeping.Ignore }, Assert.Single(rules.All));
        Assert.Equal(place with { Bodies = BodyRecording.Messages }, Assert.Single(rules.WithoutKeep(place).All));
        Assert.Empty(PrivacyRules.Empty.With(place with { Keep = RecordKeeping.Ignore }).WithoutKeep(place).All);
        Assert.Empty(rules.Without(place).All);
    }

    [Fact]
    public void Where_a_directory_cannot_be_found_out_it_may_be_any()
    {
        var rules = PrivacyRules.Empty
            .With(new() { Directory = "/a", Keep = RecordKeeping.LocalOnly })
            .With(new() { Directory = "/b", Keep = RecordKeeping.Ignore })
            .With(new() { Session = "s", Keep = RecordKeeping.All });

        Assert.Equal(RecordKeeping.Ignore, rules.StrictestFor("other"));
        Assert.Equal(RecordKeeping.All, rules.StrictestFor("s"));
        Assert.Equal(RecordKeeping.All, PrivacyRules.Empty.StrictestFor(null));
    }

    [Fact]
    public void Rules_are_read_back_as_they_were_written()
    {
        var rules = PrivacyRules.Empty
            .With(new() { Directory = "/a", Bodies = BodyRecording.Raw })
            .With(new() { Session = "s \"ünïcode\"", Keep = RecordKeeping.LocalOnly });

        rules.Write(_home.FullName);

        Assert.Equal(rules.All, PrivacyRules.Read(_home.FullName).All);
        Assert.Equal([PrivacyRules.FileName], Directory.GetFiles(_home.FullName).Select(Path.GetFileName));
        Assert.Empty(PrivacyRules.Read(Path.Combine(_home.FullName, "nowhere")).All);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"rules":[{"bodies":"Some","directory":"/a"}]}""")]
    [InlineData("""{"rules":[{"dir":"/a"}]}""")]
    [InlineData("""{"rules":[{"keep":"Ignore"}]}""")]
    [InlineData("""{"rules":[null]}""")]
    public void A_broken_file_is_refused_and_named(string text)
    {
        System.IO.File.WriteAllText(File, text);

        var broken = Assert.Throws<InvalidDataException>(() => PrivacyRules.Read(_home.FullName));

        Assert.Contains(File, broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_cannot_be_read_ignore_everybody()
    {
        Assert.Equal(
            new(BodyRecording.None, RecordKeeping.Ignore), PrivacyRules.Unreadable.For("s", "/a", BodyRecording.Raw));
        Assert.Equal(RecordKeeping.Ignore, PrivacyRules.Unreadable.StrictestFor(null));
    }
}

using Holdfast.Hosting;

namespace Holdfast.Tests.Hosting;

public sealed class ProcessTerminalTests
{
    [Theory]
    [InlineData("42 (holdfast) S 1 42 42 34816 42 4194304", true)]
    [InlineData("42 (holdfast) S 1 42 42 0 -1 4194304", false)]
    [InlineData("42 (a ) b) S 1 0) S 1 42 42 34816 42 0", true)]
    [InlineData("42 (a (b) 1 2) S 1 42 42 0 -1 0", false)]
    [InlineData("42 (holdfast", false)]
    [InlineData("", false)]
    public void The_field_behind_the_session_says_whether_there_is_a_terminal(string stat, bool expected) =>
        Assert.Equal(expected, ProcessTerminal.HasTerminal(stat));

    [Theory]
    [InlineData("Name:\tholdfast\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000000000\n", false)]
    [InlineData("Name:\tholdfast\nSigIgn:\t0000000000000001\n", true)]
    [InlineData("Name:\tholdfast\nSigIgn:\t0000000000001002\n", false)]
    [InlineData("Name:\tholdfast\nSigIgn:\t0000000000001003\n", true)]
    [InlineData("Name:\tholdfast\n", false)]
    [InlineData("SigIgn:\tx\n", false)]
    public void The_lowest_bit_of_the_mask_says_whether_a_hang_up_is_ignored(string status, bool expected) =>
        Assert.Equal(expected, ProcessTerminal.IgnoresHangUp(status));
}

using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Execution;

namespace ModelService.Models.Tests.Execution;

public sealed class RecentFailuresTests
{
    [Fact]
    public void Find_Failure_IsKnownForTenMinutesAndNoLonger()
    {
        var clock = new FakeTimeProvider();
        var failures = new RecentFailures(clock);
        failures.Keep("a", "took too long.");

        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(new ProbeResult("took too long.") { RetryAfter = TimeSpan.FromMinutes(1) }, failures.Find("a"));
        Assert.Null(failures.Find("b"));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(failures.Find("a"));

        failures.Keep("a", "took too long again.");
        Assert.Equal("took too long again.", failures.Find("a")?.Failure);
    }
}

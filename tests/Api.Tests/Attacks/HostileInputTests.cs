using System.Diagnostics;
using System.Globalization;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>
/// Hostile inputs of all kinds, against a server in a process of its own: none of them ends it, none is answered with a
/// bug or not at all, and none leaves files behind. The suite tries some hundred; more, with these variables:
/// <code>
/// ATTACK_MINUTES=1 TEST_TIMEOUT=3600 dotnet test --project tests/Api.Tests --filter-trait Category=Attack
/// </code>
/// Each kind then takes so many minutes; <c>ATTACK_KIND</c> names the only one to try. <c>RANDOM_SEED</c> draws other
/// inputs, and <c>ATTACK_INPUT</c> tries a single one, by its number in the test's output. With
/// <c>UPDATE_DOCS=1</c> the counts go to docs/attack.md.
/// </summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed class HostileInputTests(AttackTarget target) : IClassFixture<AttackTarget>
{
    private const int Clients = 4;

    private static readonly int? Single = int.TryParse(
        Environment.GetEnvironmentVariable("ATTACK_INPUT"),
        NumberStyles.None,
        CultureInfo.InvariantCulture,
        out var number
    )
        ? number
        : null;

    public static IEnumerable<TheoryDataRow<string>> Kinds =>
        AttackKind
            .All.Where(kind => Environment.GetEnvironmentVariable("ATTACK_KIND") is not { } only || only == kind.Name)
            .Select(kind => new TheoryDataRow<string>(kind.Name));

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Send_HostileInputs_HarmNothing(string name)
    {
        var kind = AttackKind.All.Single(item => item.Name == name);
        var counts = new AttackCounts();
        var (time, next) = (Stopwatch.StartNew(), -1);
        TestSeed.Get();
        target.Forget();
        var known = target.LoggedBugs;

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(ClientAsync)));

        counts.Crashed = target.Crashed;
        if (!counts.Crashed)
        {
            await target.AssertTheyServeAsync();
            await target.RemovePassingModelsAsync();
            counts.FilesLeft = await target.CountFilesLeftAsync();
        }

        var logged = target.LoggedBugs.Except(known).ToList();
        counts.LoggedBugs = logged.Count;
        await AttackPage.WriteAsync(
            kind.Name,
            kind.Tries,
            counts.Inputs,
            counts[Fate.Taken],
            counts[Fate.Refused],
            counts[Fate.Later],
            counts[Fate.Closed],
            counts.Bugs,
            counts[Fate.Hang],
            counts.Crashed ? 1 : 0,
            counts.FilesLeft
        );
        Assert.True(
            (counts.Crashed, counts.Bugs, counts[Fate.Hang], counts.FilesLeft) == (false, 0, 0, 0),
            // The first line of each has its time and its trace.
            string.Join('\n', logged.DistinctBy(bug => bug[(bug.IndexOf('\n') + 1)..]).Prepend(target.Report))
        );
        Assert.True(counts.Inputs > 0);

        async Task ClientAsync()
        {
            while (!target.Crashed && Next() is { } number)
            {
                var fate = await kind.TryAsync(target, TestSeed.Generator(number), number);
                counts.Add(fate);
                if (fate is Fate.Bug or Fate.Hang)
                    target.Remember($"{fate}: ATTACK_INPUT={number} of {kind.Name}");
            }
        }

        int? Next()
        {
            var number = Interlocked.Increment(ref next);
            if (Single is not null)
                return number == 0 ? Single : null;
            var isOver = AttackPage.Minutes is { } minutes
                ? time.Elapsed.TotalMinutes >= minutes
                : number >= kind.Usual;
            return isOver ? null : number;
        }
    }
}

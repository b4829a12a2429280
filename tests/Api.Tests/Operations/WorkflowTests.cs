using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Operations;

/// <summary>The workflows of the build server.</summary>
public sealed partial class WorkflowTests
{
    [Fact]
    public void Actions_Each_IsNamedByACommit()
    {
        var actions = Directory
            .GetFiles(Repository.Path(".github", "workflows"))
            .SelectMany(File.ReadAllLines)
            .Where(line => line.Contains("uses:", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(actions);
        Assert.All(actions, action => Assert.Matches(Pinned(), action));
    }

    // The commit of a release, and the release in a comment.
    [GeneratedRegex(@"uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();
}

namespace ModelService.Api.Tests.Cluster;

/// <summary>The check of what clients saw finds what is wrong, and nothing else.</summary>
public sealed class DefaultHistoryTests
{
    private readonly DefaultHistory history = new(first: 1);

    [Fact]
    public async Task Answers_InOrder_AreRight()
    {
        await ReadAsync(0, 1);
        await WriteAsync(2);
        await ReadAsync(0, 2);
        await WriteAsync(3);
        await WriteAsync(2);
        await ReadAsync(1, 2);
        await ReadAsync(0, 2);

        Assert.Empty(history.FindWrong());
        Assert.Equal(0, history.CountInversions());
        Assert.Equal((3, 4), history.Count);
    }

    [Fact]
    public async Task Answer_ByWhatWasReplacedBefore_IsWrong()
    {
        await WriteAsync(2);
        await ReadAsync(1, 1);

        Assert.Equal("server 1 answered by 1, which was replaced before", Assert.Single(history.FindWrong()));
    }

    [Fact]
    public async Task Answer_ByWhatNobodyPinned_IsWrong()
    {
        await ReadAsync(1, 5);

        Assert.Single(history.FindWrong());
    }

    [Fact]
    public async Task Answers_WhileAChangeIsMade_AreByEither()
    {
        await history.WriteAsync(
            2,
            async () =>
            {
                await ReadAsync(0, 1);
                await ReadAsync(0, 2);
                await ReadAsync(1, 1); // it has not heard of it
            }
        );

        Assert.Empty(history.FindWrong());
        Assert.Equal(1, history.CountInversions());
    }

    [Fact]
    public async Task Answers_ThatGoBackOnOneServer_AreWrong()
    {
        await history.WriteAsync(
            2,
            async () =>
            {
                await ReadAsync(0, 2);
                await ReadAsync(0, 1);
            }
        );

        Assert.Equal("server 0 went back to 1", Assert.Single(history.FindWrong()));
    }

    [Fact]
    public async Task Change_ThatWasInterrupted_MayBeMadeOrNot()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            history.WriteAsync(2, () => throw new HttpRequestException("killed"))
        );
        await ReadAsync(0, 1);
        await ReadAsync(0, 2);

        Assert.Empty(history.FindWrong());
        Assert.Equal(0, history.Count.Writes);
    }

    private Task WriteAsync(int version) => history.WriteAsync(version, () => Task.CompletedTask);

    private Task ReadAsync(int server, int version) => history.ReadAsync(server, () => Task.FromResult(version));
}

namespace ModelService.Api.Tests.Support;

/// <summary>A folder of a test's own where its server's uploads wait, watched.</summary>
internal sealed class StagingFolder : IDisposable
{
    private readonly TaskCompletionSource created = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileSystemWatcher watcher;

    public StagingFolder()
    {
        watcher = new FileSystemWatcher(Path) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => created.TrySetResult();
    }

    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("api-test-").FullName;

    /// <summary>The setting that has a server use it.</summary>
    public KeyValuePair<string, string> Setting => new("ModelService:Storage:Staging", Path);

    /// <summary>Done when there has been a file.</summary>
    public Task Used => created.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>What is in it.</summary>
    public string[] Files => Directory.GetFileSystemEntries(Path);

    public void Dispose()
    {
        watcher.Dispose();
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}

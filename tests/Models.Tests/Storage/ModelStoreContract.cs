using System.Text;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Storage;

/// <summary>What every store of models has to do. A new store derives a class from this one.</summary>
public abstract class ModelStoreContract
{
    private static readonly CancellationToken Token = CancellationToken.None;

    /// <summary>A new, empty store.</summary>
    internal abstract IModelStore Create();

    /// <summary>The same content in another instance, as after a restart.</summary>
    internal abstract IModelStore Restart();

    [Fact]
    public async Task Open_EmptyStore_HasNoModels() => Assert.Empty(await Create().OpenAsync(Token));

    [Fact]
    public async Task PutVersion_NewModel_IsThereAfterARestart()
    {
        var store = await OpenAsync();

        var files = await store.PutVersionAsync(Version("pets", 1, "abc"), Token);

        var model = Assert.Single(await Restart().OpenAsync(Token));
        Assert.Equal("pets", model.Name);
        var version = Assert.Single(model.Versions);
        Assert.Equal(1, version.Version);
        Assert.Null(version.Damage);
        Assert.Equal("pets", version.Resolved!.Definition.Name);
        Assert.Equal(["fc.bias"], version.Manifest!.RandomTensors);
        Assert.Equal(files, version.Manifest.Files);
        Assert.Equal(3, files[StoredFile.Weights].Bytes);
    }

    [Fact]
    public async Task PutVersion_NumberThatIsTaken_FailsAndKeepsTheOldOne()
    {
        var store = await OpenAsync();
        var files = await store.PutVersionAsync(Version("pets", 1, "old"), Token);

        var error = await Assert.ThrowsAsync<ServingException>(() =>
            store.PutVersionAsync(Version("pets", 1, "new"), Token)
        );

        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.Equal("old", await WeightsAsync(store, "pets", 1, files));
    }

    [Fact]
    public async Task PutVersion_Replacing_HasTheNewContentOnly()
    {
        var store = await OpenAsync();
        await store.PutVersionAsync(Version("pets", 1, "old"), Token);

        var files = await store.PutVersionAsync(Version("pets", 1, "newer") with { Replaces = true }, Token);

        Assert.Equal("newer", await WeightsAsync(store, "pets", 1, files));
        var versions = Assert.Single(await Restart().OpenAsync(Token)).Versions;
        Assert.Equal(5, Assert.Single(versions).Manifest!.Files[StoredFile.Weights].Bytes);
    }

    [Fact]
    public async Task PutVersion_WeightsThatFailHalfWay_LeavesNothing()
    {
        var store = await OpenAsync();
        static IEnumerable<ReadOnlyMemory<byte>> Weights()
        {
            yield return "abc"u8.ToArray();
            throw new InvalidOperationException("The device is gone.");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            store.PutVersionAsync(Version("pets", 1, "") with { Weights = Weights() }, Token)
        );

        Assert.Empty(await Restart().OpenAsync(Token));
    }

    [Fact]
    public async Task PutVersion_CancelledBefore_WritesNothing()
    {
        var store = await OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            store.PutVersionAsync(Version("pets", 1, "abc"), new CancellationToken(canceled: true))
        );

        Assert.Empty(await Restart().OpenAsync(Token));
    }

    [Fact]
    public async Task PutVersion_ManyModelsAtOnce_AreAllThere()
    {
        var store = await OpenAsync();
        string[] names = [.. Enumerable.Range(0, 30).Select(index => $"model-{index:d2}")];

        await Task.WhenAll(names.Select(name => store.PutVersionAsync(Version(name, 1, name), Token)));

        Assert.Equal(names, (await Restart().OpenAsync(Token)).Select(model => model.Name).Order());
    }

    [Fact]
    public async Task OpenWeights_RemovedMeanwhile_StaysReadable()
    {
        var store = await OpenAsync();
        var files = await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        await using var file = await store.OpenWeightsAsync("pets", 1, files[StoredFile.Weights], Token);

        await store.RemoveAsync("pets");

        using var reader = new StreamReader(file);
        Assert.Equal("abc", await reader.ReadToEndAsync(Token));
        Assert.True(File.Exists(file.Name) || !OperatingSystem.IsWindows());
    }

    [Theory]
    [InlineData("pets", 1, "another hash")]
    [InlineData("pets", 2, null)]
    [InlineData("dogs", 1, null)]
    public async Task OpenWeights_NotWhatWasStored_IsUnreadable(string name, int version, string? sha256)
    {
        var store = await OpenAsync();
        var file = (await store.PutVersionAsync(Version("pets", 1, "abc"), Token))[StoredFile.Weights];

        var error = await Assert.ThrowsAsync<ServingException>(() =>
            store.OpenWeightsAsync(name, version, file with { Sha256 = sha256 ?? file.Sha256 }, Token)
        );

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
    }

    [Fact]
    public async Task ReadSamples_AsStored_AndNoneForAVersionWithout()
    {
        var store = await OpenAsync();
        SampleDefinition[] samples =
        [
            new()
            {
                Image = [1, 2, 3],
                Scores = [0.25, 0.75],
                Tolerance = 0.5,
            },
        ];
        var with = await store.PutVersionAsync(Version("pets", 1, "abc") with { Samples = samples }, Token);
        var without = await store.PutVersionAsync(Version("pets", 2, "abc"), Token);

        var read = Assert.Single(await store.ReadSamplesAsync("pets", 1, with, Token));

        Assert.Equal(samples[0].Image, read.Image);
        Assert.Equal(samples[0].Scores, read.Scores);
        Assert.Equal(samples[0].Tolerance, read.Tolerance);
        Assert.Empty(await store.ReadSamplesAsync("pets", 2, without, Token));
    }

    [Fact]
    public async Task PutSettings_AreThereAfterARestart()
    {
        var store = await OpenAsync();
        await store.PutVersionAsync(Version("pets", 3, "abc"), Token);
        var settings = new ModelSettings
        {
            DefaultVersion = 3,
            LastVersion = 7,
            Labels = new Dictionary<int, IReadOnlyList<string>> { [3] = ["cat", "dog"] },
            Routes = new ModelRoutes
            {
                Shares = new Dictionary<int, int> { [3] = 90, [4] = 10 },
                Stable = 3,
                Stop = new StopConditions { MaxDrift = 0.5 },
                Since = DateTimeOffset.UnixEpoch.AddTicks(1),
                Stopped = new RouteStop(default, 4, StopCondition.MaxErrorRate, 0.05, 0.5, 0.25, 100, 900),
            },
        };

        await store.PutSettingsAsync("pets", settings);

        var read = Assert.Single(await Restart().OpenAsync(Token)).Settings;
        Assert.Equal(settings.Routes, read.Routes! with { Shares = settings.Routes.Shares });
        Assert.Equal(settings.Routes.Shares, read.Routes.Shares);
        Assert.Equal((3, 7), (read.DefaultVersion, read.LastVersion));
        Assert.Equal(["cat", "dog"], read.Labels[3]);
    }

    [Fact]
    public async Task Remove_Version_KeepsTheOthers()
    {
        var store = await OpenAsync();
        await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        await store.PutVersionAsync(Version("pets", 2, "abc"), Token);

        await store.RemoveAsync("pets", 1);

        Assert.Equal(2, Assert.Single(Assert.Single(await Restart().OpenAsync(Token)).Versions).Version);
    }

    [Fact]
    public async Task Remove_Model_KeepsTheOthers()
    {
        var store = await OpenAsync();
        await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        await store.PutVersionAsync(Version("dogs", 1, "abc"), Token);

        await store.RemoveAsync("pets");

        Assert.Equal("dogs", Assert.Single(await Restart().OpenAsync(Token)).Name);
    }

    [Fact]
    public async Task Remove_WhatIsNotThere_DoesNothing()
    {
        var store = await OpenAsync();

        await store.RemoveAsync("pets");
        await store.RemoveAsync("pets", 1);

        Assert.Empty(await Restart().OpenAsync(Token));
    }

    [Fact]
    public async Task Probe_AsStored()
    {
        var store = await OpenAsync();

        Assert.Null(await store.ReadProbeAsync("ab12"));
        await store.PutProbeAsync("ab12", "");
        Assert.Equal("", await store.ReadProbeAsync("ab12"));
        await store.PutProbeAsync("ab12", "was ended by signal 11");
        Assert.Equal("was ended by signal 11", await store.ReadProbeAsync("ab12"));
    }

    [Fact]
    public async Task LastUses_AreThereAfterARestart()
    {
        var store = await OpenAsync();
        Assert.Empty(await store.ReadLastUsesAsync());

        await store.PutLastUsesAsync([new("dogs", 1)]);
        await store.PutLastUsesAsync([new("pets", 12), new("dogs", 1)]);

        var next = Restart();
        await next.OpenAsync(Token);
        Assert.Equal([new("pets", 12), new("dogs", 1)], await next.ReadLastUsesAsync());
    }

    [Fact]
    public async Task CheckWritable_RoomAndNone()
    {
        var store = await OpenAsync();

        Assert.Null(store.Refusal);
        Assert.Null(await store.CheckWritableAsync(1, Token));
        if (store.MeasureSpace() is { } space)
            Assert.InRange(space.FreeBytes, 1, space.TotalBytes);
    }

    /// <summary>A version whose weights are these bytes.</summary>
    internal static VersionContent Version(string name, int version, string weights)
    {
        var model = ResolvedModel.Read(
            JsonElement.Parse(
                $$"""
                { "name": "{{name}}", "architecture": { "input": { "channels": 1, "height": 2, "width": 2 },
                  "layers": [{ "type": "flatten" }, { "type": "linear", "name": "fc", "out_features": 2 }] } }
                """
            ),
            new ArchitectureLimits()
        );
        var manifest = new VersionManifest
        {
            Schema = VersionManifest.SchemaWithoutSamples,
            Name = name,
            Version = version,
            Created = DateTimeOffset.UnixEpoch,
            Lineage = new VersionLineage(null, null),
            Weights = WeightsState.Partial,
            RandomTensors = ["fc.bias"],
            Files = new Dictionary<string, StoredFile>(),
        };
        return new VersionContent(manifest, model, [Encoding.UTF8.GetBytes(weights)], [], Replaces: false);
    }

    private static async Task<string> WeightsAsync(
        IModelStore store,
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files
    )
    {
        await using var file = await store.OpenWeightsAsync(name, version, files[StoredFile.Weights], Token);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(Token);
    }

    private async Task<IModelStore> OpenAsync()
    {
        var store = Create();
        await store.OpenAsync(Token);
        return store;
    }
}

/// <summary>The data folder keeps the contract.</summary>
public sealed class FileSystemModelStoreTests : ModelStoreContract, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("store-").FullName;
    private readonly List<IDisposable> open = [];

    public void Dispose()
    {
        Close();
        Directory.Delete(root, recursive: true);
    }

    internal override IModelStore Create()
    {
        Close();
        var store = StoreFactory.Create(root, readOnly: false, out var folder);
        open.AddRange([folder, (IDisposable)store]);
        return store;
    }

    internal override IModelStore Restart() => Create();

    [Fact]
    public async Task CheckWritable_MoreThanTheDiskHolds_SaysHowMuchIsFree()
    {
        var store = Create();
        await store.OpenAsync(CancellationToken.None);

        var failure = await store.CheckWritableAsync(long.MaxValue, CancellationToken.None);

        Assert.Equal(ErrorCode.StorageUnavailable, failure!.Code);
        Assert.Contains("bytes free", failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("null")]
    [InlineData("""["pets@x"]""")]
    [InlineData("""["pets@99999999999"]""")]
    public async Task ReadLastUses_DamagedFile_IsEmpty(string text)
    {
        var store = Create();
        await store.OpenAsync(CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(root, "last_uses.json"), text, CancellationToken.None);

        Assert.Empty(await store.ReadLastUsesAsync());
    }

    [Fact]
    public async Task Open_SecondServer_IsRefused()
    {
        var store = Create();
        await store.OpenAsync(CancellationToken.None);
        var second = StoreFactory.Create(root, readOnly: false, out var folder);
        using (folder)
        {
            await Assert.ThrowsAsync<StoreInUseException>(() => second.OpenAsync(CancellationToken.None));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_FolderDeletedOrReplaced_IsUnavailableAndWritesNothing(bool isReplaced)
    {
        var store = Create();
        await store.OpenAsync(CancellationToken.None);
        Directory.Delete(root, recursive: true);
        var second = StoreFactory.Create(root, readOnly: false, out var folder);
        using var closing = folder;
        if (isReplaced)
            await second.OpenAsync(CancellationToken.None);

        Func<Task>[] writes =
        [
            () => store.PutVersionAsync(Version("pets", 1, "abc"), CancellationToken.None),
            () => store.PutSettingsAsync("pets", new ModelSettings()),
            () => store.RemoveAsync("pets"),
        ];
        foreach (var write in writes)
        {
            var refusal = await Assert.ThrowsAsync<ServingException>(write);
            Assert.Equal(ErrorCode.StorageUnavailable, refusal.Code);
            Assert.Contains("was deleted or replaced", refusal.Message, StringComparison.Ordinal);
        }

        await store.PutProbeAsync("key", "text");
        Assert.Contains(
            "was deleted or replaced",
            (await store.CheckWritableAsync(0, CancellationToken.None))!.Detail,
            StringComparison.Ordinal
        );
        Assert.Equal(isReplaced, Directory.Exists(root));
        Directory.CreateDirectory(root);
        Assert.Empty(Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Open_StagingFolderIsALink_IsRefusedAndEmptiesNothing()
    {
        var target = Directory.CreateDirectory(Path.Combine(root, "elsewhere")).FullName;
        var kept = Path.Combine(target, "kept");
        await File.WriteAllTextAsync(kept, "kept", CancellationToken.None);
        Directory.CreateSymbolicLink(Path.Combine(root, ".staging"), target);

        await Assert.ThrowsAsync<UnusableFolderException>(() => Create().OpenAsync(CancellationToken.None));

        Assert.True(File.Exists(kept));
    }

    [Fact]
    public async Task ReadOnly_RefusesEveryWriteAndReadsAll()
    {
        var owner = Create();
        await owner.OpenAsync(CancellationToken.None);
        await owner.PutVersionAsync(Version("pets", 1, "abc"), CancellationToken.None);
        var reader = StoreFactory.Create(root, readOnly: true, out var folder);
        using var closing = folder;
        Assert.Single(await reader.OpenAsync(CancellationToken.None));

        Func<Task>[] writes =
        [
            () => reader.PutVersionAsync(Version("pets", 2, "abc"), CancellationToken.None),
            () => reader.PutSettingsAsync("pets", new ModelSettings()),
            () => reader.RemoveAsync("pets"),
            () => reader.RemoveAsync("pets", 1),
        ];
        foreach (var write in writes)
            Assert.Equal(ErrorCode.ReadOnly, (await Assert.ThrowsAsync<ServingException>(write)).Code);
        await reader.PutLastUsesAsync([new("pets", 1)]);
        Assert.Empty(await owner.ReadLastUsesAsync());
        Assert.Equal(ErrorCode.ReadOnly, reader.Refusal!.Code);
        Assert.Equal(ErrorCode.ReadOnly, (await reader.CheckWritableAsync(0, CancellationToken.None))!.Code);
    }

    private void Close()
    {
        open.ForEach(item => item.Dispose());
        open.Clear();
    }
}

/// <summary>The store in memory, which tests of the registry use, keeps the contract, too.</summary>
public sealed class MemoryModelStoreTests : ModelStoreContract
{
    private readonly MemoryModelStore store = new();

    internal override IModelStore Create() => store;

    internal override IModelStore Restart() => store;
}

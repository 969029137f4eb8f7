"""The answers that stand on the page of questions: PyTorch does what they say of it."""

import re

import pytest


class TestPyTorchDoesWhatTheAnswersSay:
    @pytest.fixture
    def torch(self):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        return torch

    def test_without_batch_first_a_row_moves_the_later_ones(self, torch):
        layer, x = torch.nn.RNN(8, 4), torch.randn(32, 50, 8)
        output, h_n = layer(x)
        assert (tuple(output.shape), tuple(h_n.shape)) == ((32, 50, 4), (1, 50, 4))
        x[0] += 1
        moved = (layer(x)[0] - output).abs().amax(dim=(1, 2)) > 0
        assert moved[:10].all()

    def test_two_axes_are_one_sequence(self, torch):
        layer, x = torch.nn.RNN(8, 4), torch.randn(32, 8)
        torch.testing.assert_close(layer(x)[0], layer(x[:, None])[0][:, 0])

    def test_the_cell_in_a_loop_gives_the_layers_numbers(self, torch):
        layer, cell, x = torch.nn.RNN(8, 4), torch.nn.RNNCell(8, 4), torch.randn(7, 3, 8)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
        h, states = torch.zeros(3, 4), []
        for x_t in x:
            h = cell(x_t, h)
            states.append(h)
        torch.testing.assert_close(torch.stack(states), layer(x)[0])

    def test_scores_of_a_square_shape_pass_with_the_axes_exchanged(self, torch):
        loss, right = torch.nn.CrossEntropyLoss(), torch.randint(0, 3, (2, 3))
        scores = torch.randn(2, 3, 3)  # (B, T, O), where (B, O, T) is wanted
        assert loss(scores, right) != loss(scores.mT, right)
        with pytest.raises(RuntimeError):
            loss(scores, right.float())
        chances = torch.nn.functional.one_hot(right, 3).float().mT
        torch.testing.assert_close(loss(scores, chances), loss(scores, right))

    def test_targets_without_the_last_axis_are_compared_with_every_output(self, torch):
        output, target = torch.randn(4, 1), torch.randn(4)
        with pytest.warns(UserWarning, match="target size"):
            found = torch.nn.MSELoss()(output, target)
        torch.testing.assert_close(found, ((output - target) ** 2).mean())
        assert ((output - target) ** 2).shape == (4, 4)

    def test_the_outputs_own_gradient_shows_the_last_step_only(self, torch):
        output, _ = torch.nn.RNN(4, 8)(torch.randn(10, 1, 4))
        output.retain_grad()
        output[-1].sum().backward()
        assert output.grad.abs().sum(dim=(1, 2)).nonzero().tolist() == [[9]]
        cell, h, states = torch.nn.RNNCell(4, 8), torch.zeros(1, 8), []
        for x_t in torch.randn(10, 1, 4):
            h = cell(x_t, h)
            h.retain_grad()
            states.append(h)
        h.sum().backward()
        assert all(state.grad.any() for state in states)

    def test_an_attached_state_makes_the_graph_grow(self, torch):
        layer, h, sizes = torch.nn.RNN(4, 8), None, []
        for _ in range(4):
            output, h = layer(torch.randn(50, 2, 4), h)
            seen, waiting = set(), [output.grad_fn]
            while waiting:
                node = waiting.pop()
                if node is not None and node not in seen:
                    seen.add(node)
                    waiting += [before for before, _ in node.next_functions]
            sizes.append(len(seen))
        assert sizes[3] / sizes[0] == pytest.approx(4, rel=0.1)

    def test_the_order_of_layers_and_directions(self, torch):
        layer = torch.nn.RNN(3, 5, num_layers=2, bidirectional=True)
        output, h_n = layer(torch.randn(6, 2, 3))
        assert h_n.shape == (4, 2, 5)
        torch.testing.assert_close(h_n[-2], output[-1, :, :5])
        torch.testing.assert_close(h_n[-1], output[0, :, 5:])

    def test_the_last_step_of_the_backward_half_has_read_one_input(self, torch):
        layer, x = torch.nn.LSTM(3, 5, bidirectional=True, batch_first=True), torch.randn(4, 6, 3)
        output, (h_n, _) = layer(x)
        x[:, :-1] += 1
        moved = (layer(x)[0] - output)[:, -1].abs().amax(dim=0) > 0
        assert moved.tolist() == [True] * 5 + [False] * 5
        torch.testing.assert_close(h_n[-1], output[:, 0, 5:])

    def test_squeeze_takes_the_batch_of_one_too(self, torch):
        x = torch.zeros(1, 1, 5)
        assert (x.squeeze().shape, x.squeeze(0).shape) == ((5,), (1, 5))

    def test_gradients_that_are_missing(self, torch):
        with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
            torch.zeros(3).sum().backward()
        output, _ = torch.nn.RNN(3, 5)(torch.randn(6, 2, 3))
        output.sum().backward()
        with pytest.warns(UserWarning, match="not a leaf"):
            assert output.grad is None

        class Layers(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.found, self.missed = torch.nn.ModuleList([torch.nn.Linear(2, 1)]), [torch.nn.Linear(2, 1)]

        assert len(list(Layers().parameters())) == 2

    def test_backward_adds_to_the_gradients_that_are_there(self, torch):
        weight = torch.nn.Parameter(torch.ones(3))
        for _ in range(2):
            (100 * weight).sum().backward()
        assert weight.grad.tolist() == [200] * 3

    def test_clipping_returns_the_norm_before_it(self, torch):
        weight = torch.nn.Parameter(torch.ones(3))
        (100 * weight).sum().backward()
        assert torch.nn.utils.clip_grad_norm_([weight], 1.0).item() == pytest.approx(173.2, abs=0.01)
        assert weight.grad.norm().item() == pytest.approx(1, abs=1e-5)

    def test_an_attached_state_stops_the_second_window(self, torch):
        layer = torch.nn.RNN(3, 5)
        output, h = layer(torch.randn(6, 2, 3))
        output.sum().backward()
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
            layer(torch.randn(6, 2, 3), h)[0].sum().backward()
        layer(torch.randn(6, 2, 3), h.detach())[0].sum().backward()

    def test_ignored_targets_do_not_count(self, torch):
        loss, scores, right = (
            torch.nn.CrossEntropyLoss(ignore_index=-1),
            torch.randn(4, 3),
            torch.tensor([0, 2, -1, -1]),
        )
        torch.testing.assert_close(loss(scores, right), torch.nn.CrossEntropyLoss()(scores[:2], right[:2]))
        assert torch.nn.CrossEntropyLoss().ignore_index == -100

    def test_an_embedding_of_zeros_still_takes_a_step(self, torch):
        words, layer = torch.nn.Embedding(9, 3, padding_idx=0), torch.nn.RNN(3, 5)
        assert not words(torch.tensor([0])).any()
        states = layer(words(torch.tensor([[4], [0]])))[0]
        assert not torch.equal(states[0], states[1])

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda nn, ones: nn.Linear(5, 1)(ones(3, 4)), RuntimeError, "mat1 and mat2 shapes cannot be multiplied"),
            (lambda nn, ones: nn.LSTM(3, 5)(ones(2, 1, 4)), RuntimeError, "input.size(-1) must be equal to input_size"),
            (lambda nn, ones: nn.Embedding(10, 3)(10 * ones(1).long()), IndexError, "index out of range in self"),
            (
                lambda nn, ones: nn.BCEWithLogitsLoss()(ones(3, 1), ones(3)),
                ValueError,
                "must be the same as input size",
            ),
        ],
        ids=["units", "inputs", "vocabulary", "targets"],
    )
    def test_messages_about_sizes(self, torch, call, error, message):
        with pytest.raises(error, match=re.escape(message)):
            call(torch.nn, torch.ones)

    def test_a_layer_wants_data_of_its_own_precision(self, torch):
        with pytest.raises(ValueError, match=re.escape("RNN input dtype (torch.float64) does not match weight dtype")):
            torch.nn.LSTM(3, 5)(torch.randn(2, 1, 3).double())

    def test_states_that_are_not_a_pair(self, torch):
        x = torch.randn(5, 3, 8)
        with pytest.raises(IndexError):
            torch.nn.LSTM(8, 4)(x, torch.zeros(1, 3, 4))
        with pytest.raises(RuntimeError, match="hx and cx should also be 3-D"):
            torch.nn.LSTM(8, 4, num_layers=2)(x, torch.zeros(2, 3, 4))
        _, (first, second) = torch.nn.GRU(8, 4, num_layers=2)(x)
        assert first.shape == second.shape == (3, 4)

    def test_a_state_for_more_rows_than_the_batch_has(self, torch):
        with pytest.raises(RuntimeError, match=re.escape("Expected hidden[0] size (1, 17, 64), got [1, 32, 64]")):
            torch.nn.LSTM(8, 64)(torch.randn(5, 17, 8), (torch.zeros(1, 32, 64), torch.zeros(1, 32, 64)))

    def test_states_written_into_one_tensor_stop_the_backward_pass(self, torch):
        cell, x, h, listed = torch.nn.RNNCell(4, 8), torch.randn(6, 2, 4), torch.zeros(7, 2, 8), [torch.zeros(2, 8)]
        for t in range(6):
            h[t + 1] = cell(x[t], h[t])
            listed.append(cell(x[t], listed[-1]))
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            h.sum().backward()
        torch.stack(listed).sum().backward()
        assert cell.weight_hh.grad.any()

    def test_weights_of_classes_divide_the_loss_by_their_sum(self, torch):
        scores, right, weight = torch.randn(5, 2), torch.tensor([0, 0, 0, 0, 1]), torch.tensor([1.0, 19.0])
        each = torch.nn.functional.cross_entropy(scores, right, reduction="none") * weight[right]
        torch.testing.assert_close(torch.nn.CrossEntropyLoss(weight)(scores, right), each.sum() / weight[right].sum())

    def test_unpacked_rows_are_as_long_as_the_longest_of_them(self, torch):
        rows = torch.nn.utils.rnn
        output, _ = torch.nn.RNN(8, 4)(rows.pack_padded_sequence(torch.randn(10, 3, 8), torch.tensor([7, 5, 2])))
        assert len(rows.pad_packed_sequence(output)[0]) == 7
        whole, lengths = rows.pad_packed_sequence(output, total_length=10)
        assert len(whole) == 10
        assert not whole[lengths[2] :, 2].any()

    def test_one_layer_has_no_place_for_dropout(self, torch):
        with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1"):
            layer = torch.nn.LSTM(8, 4, dropout=0.5)
        x = torch.randn(5, 2, 8)
        assert torch.equal(layer(x)[0], layer(x)[0])

    @pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-6), ("float64", 1e-15)])
    def test_a_row_alone_differs_by_rounding(self, torch, dtype, most):
        layer, x = torch.nn.LSTM(16, 64), torch.randn(100, 32, 16)
        layer, x = layer.to(getattr(torch, dtype)), x.to(getattr(torch, dtype))
        assert (layer(x)[0][:, :1] - layer(x[:, :1])[0]).abs().max() < most

    def test_frames_go_through_a_convolution_together(self, torch):
        frames, convolution = torch.randn(5, 2, 3, 8, 8), torch.nn.Conv2d(3, 4, 3)
        together = convolution(frames.flatten(0, 1)).flatten(1).unflatten(0, (5, 2))
        torch.testing.assert_close(together[4, 1], convolution(frames[4, 1]).flatten())

    @pytest.mark.filterwarnings("ignore:LSTM with projections")
    def test_sizes_of_layers(self, torch):
        def size(layer):
            return sum(part.numel() for part in layer.parameters())

        projected = torch.nn.LSTM(10, 64, proj_size=16)
        output, (h_n, c_n) = projected(torch.randn(5, 2, 10))
        assert (output.shape[-1], h_n.shape[-1], c_n.shape[-1]) == (16, 16, 64)
        assert projected.weight_hh_l0.shape == (256, 16)
        assert (size(projected), size(torch.nn.LSTM(10, 64))) == (8192, 19456)
        assert size(torch.nn.GRU(16, 32, bidirectional=True)) == 9600

    @pytest.mark.parametrize("gradient", [1e-6, 1.0, 1000.0])
    def test_adams_first_step_has_the_learning_rates_size(self, torch, gradient):
        weight = torch.nn.Parameter(torch.zeros(1))
        weight.grad = torch.tensor([gradient])
        torch.optim.Adam([weight], lr=0.01).step()
        assert weight.item() == pytest.approx(-0.01, rel=0.02)

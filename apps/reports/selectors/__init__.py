"""What 工作台 and 督办看板 are put together from."""
